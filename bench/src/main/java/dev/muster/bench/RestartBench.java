package dev.muster.bench;

import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A master with many tasks that wait in a queue that nobody serves: how long it takes to start,
 * after kill -9 and after an orderly end; what memory it has then; and how fast whole lives go on
 * in another queue, in turn with those of a master that is empty.
 */
final class RestartBench {
  private static final String WAITING = "bench-waiting";

  private final LifecycleOptions options;
  private final long waiting;
  private final int rounds;

  /**
   * @param waiting tasks that wait
   * @param rounds of one orderly restart each, and of one run of lives in each master
   */
  RestartBench(LifecycleOptions options, long waiting, int rounds) {
    this.options = options;
    this.waiting = waiting;
    this.rounds = rounds;
  }

  Map<String, Object> run() {
    try (MasterProcess full = MasterProcess.start(options.tls(), options.masterJavaOptions())) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("scenario", "restart");
      map.put("waiting", waiting);
      long ns = Lives.build(full.connect(), options, WAITING, waiting);
      map.put("put_per_s", Math.round(waiting * 1e9 / ns));
      addMemory(map, "put", full.collected());
      map.put("ready_after_kill_s", Stretch.thousandths(full.killAndRestart()));
      checkWaiting(full);
      addMemory(map, "after_kill", full.collected());
      List<Double> ready = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        ready.add(Stretch.thousandths(full.restart()));
      }
      checkWaiting(full);
      map.put("ready_s", Stretch.thousandths(Rounds.median(ready)));
      map.put("ready_all", ready);
      ProcessUsage idle = full.collected();
      map.put("master_heap_max_mb", idle.heapMaxMb());
      map.put("master_heap_mb", idle.heapMb());
      map.put("master_rss_mb", idle.rssMb());
      addMemory(map, "restart", idle);
      addLives(map, full);
      checkWaiting(full);
      addMemory(map, "lives", full.collected());
      map.put("rounds", rounds);
      map.putAll(options.toMap());
      return map;
    }
  }

  /**
   * What the master has come to at the end of a phase, each of which begins in a process of its own
   * but for the lives, which follow the last restart.
   */
  private static void addMemory(Map<String, Object> map, String phase, ProcessUsage usage) {
    map.put(phase + "_heap_mb", usage.heapMb());
    map.put(phase + "_peak_rss_mb", usage.peakRssMb());
  }

  private void addLives(Map<String, Object> map, MasterProcess full) {
    List<LifecycleFigures> withNone = new ArrayList<>();
    List<LifecycleFigures> withMany = new ArrayList<>();
    try (MasterProcess empty = MasterProcess.start(options.tls(), options.masterJavaOptions());
        Lives none = new Lives(empty.connect(), options, null);
        Lives many = new Lives(full.connect(), options, null)) {
      if (options.warmUp() > 0) {
        var unused = none.burn(options.warmUp());
        var unusedToo = many.burn(options.warmUp());
      }
      for (int i = 0; i < rounds; i++) {
        withNone.add(measured(empty, none));
        withMany.add(measured(full, many));
      }
    }
    Rounds.Variant base = Rounds.Variant.of(withNone);
    Rounds.Variant beside = Rounds.Variant.of(withMany);
    map.put("lifecycles_per_s_empty", base.perSecond());
    map.put("lifecycles_per_s_beside", beside.perSecond());
    map.put("ratio", beside.ratioTo(base));
    map.put("empty_all", base.all());
    map.put("beside_all", beside.all());
    map.putAll(beside.medians());
  }

  private LifecycleFigures measured(MasterProcess master, Lives lives) {
    Stretch stretch = Stretch.begin(master);
    long ns = lives.burn(options.tasks());
    return new LifecycleFigures(options, stretch.end(options.tasks(), ns), lives.refused());
  }

  /** A start that is fast because tasks are lost is none. */
  private void checkWaiting(MasterProcess master) {
    try (Muster muster = Muster.connect(master.connect())) {
      long found = muster.queues(WAITING).get(0).getReady();
      if (found != waiting) {
        throw new MusterException(
            "expected " + waiting + " tasks to wait in the bench's master, found " + found);
      }
    }
  }
}
