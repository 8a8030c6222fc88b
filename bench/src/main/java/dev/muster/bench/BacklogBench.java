package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Many tasks wait: how fast they come, what they cost the master in memory, how long it takes to
 * start with them, how fast whole lives go on beside them, and how fast they go.
 */
final class BacklogBench {
  private final LifecycleOptions options;
  private final long waiting;

  BacklogBench(LifecycleOptions options, long waiting) {
    this.options = options;
    this.waiting = waiting;
  }

  Map<String, Object> run() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "backlog");
    map.put("waiting", waiting);
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions())) {
      long empty;
      try (Lives lives = new Lives(master.connect(), options, null)) {
        var unused = lives.burn(options.warmUp());
        empty = perSecond(options.tasks(), lives.burn(options.tasks()));
      }
      map.put("put_per_s", perSecond(waiting, Lives.build(master.connect(), options, waiting)));
      map.put("master_heap_mb", master.collected().heapMb());
      long peakBefore = master.usage().peakRssMb(); // goes with its process
      map.put("restart_ready_s", Stretch.thousandths(master.restart()));
      try (Lives lives = new Lives(master.connect(), options, null)) {
        var unused = lives.burn(options.warmUp());
        Stretch stretch = Stretch.begin(master);
        Stretch.Figures besides = stretch.end(options.tasks(), lives.burn(options.tasks()));
        long beside = besides.perSecond();
        map.put("lifecycles_per_s_empty", empty);
        map.put("lifecycles_per_s_beside", beside);
        map.put("ratio", Stretch.thousandths(1.0 * beside / empty));
        map.put("drained_per_s", lives.drain(waiting));
        map.putAll(besides.toMap());
      }
      map.put("master_peak_rss_mb", Math.max(peakBefore, master.usage().peakRssMb()));
    }
    map.putAll(options.toMap());
    return map;
  }

  private static long perSecond(long tasks, long ns) {
    return Math.round(tasks * 1e9 / ns);
  }
}
