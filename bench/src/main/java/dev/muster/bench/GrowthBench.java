package dev.muster.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a life costs of CPU while few or many tasks wait: lives that pass a backlog of so many in
 * their own queue, and lives beside so many that wait in another, in one master that is warm. Those
 * that hardly wait come in turn with the backlogs, and are what both are compared to.
 */
final class GrowthBench {
  private static final String WAITING = "bench-waiting";

  private final LifecycleOptions options;
  private final List<Long> sizes;

  /**
   * @param sizes numbers of tasks that wait, ascending
   */
  GrowthBench(LifecycleOptions options, List<Long> sizes) {
    this.options = options;
    this.sizes = sizes;
  }

  Map<String, Object> run() {
    Map<Long, Stretch.Figures> through = new LinkedHashMap<>();
    Map<Long, Stretch.Figures> beside = new LinkedHashMap<>();
    List<Double> base = new ArrayList<>();
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions());
        Lives lives = new Lives(master.connect(), options, null)) {
      if (options.warmUp() > 0) {
        var unused = lives.burn(options.warmUp());
      }
      for (long size : sizes) {
        base.add(cpuUs(burn(master, lives)));
        through.put(size, through(master, lives, size));
      }
      long waiting = 0;
      for (long size : sizes) {
        var unused = Lives.build(master.connect(), options, WAITING, size - waiting);
        waiting = size;
        beside.put(size, burn(master, lives));
      }
    }
    return toMap(through, beside, base);
  }

  private Stretch.Figures burn(MasterProcess master, Lives lives) {
    Stretch stretch = Stretch.begin(master);
    return stretch.end(options.tasks(), lives.burn(options.tasks()));
  }

  /** Small backlogs one after the other: what few tasks take is less than what can be measured. */
  private Stretch.Figures through(MasterProcess master, Lives lives, long size) {
    long times = Math.max(1, options.tasks() / size);
    long ns = 0;
    Stretch stretch = Stretch.begin(master);
    for (long i = 0; i < times; i++) {
      ns += lives.backlog(size);
    }
    return stretch.end(times * size, ns);
  }

  private Map<String, Object> toMap(
      Map<Long, Stretch.Figures> through, Map<Long, Stretch.Figures> beside, List<Double> base) {
    double baseUs = Rounds.median(base);
    Map<String, Object> bySize = new LinkedHashMap<>();
    through.forEach(
        (size, figures) -> {
          Map<String, Object> part = new LinkedHashMap<>();
          add(part, "through", figures, baseUs);
          add(part, "beside", beside.getOrDefault(size, figures), baseUs);
          bySize.put(Long.toString(size), part);
        });
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "growth");
    map.put("by_waiting", bySize);
    map.put("base_cpu_us_per_task", Stretch.thousandths(baseUs));
    map.put("base_all", base.stream().map(Stretch::thousandths).toList());
    map.putAll(options.toMap());
    return map;
  }

  private static void add(
      Map<String, Object> part, String how, Stretch.Figures figures, double baseUs) {
    part.put(how + "_ratio", Stretch.thousandths(cpuUs(figures) / baseUs));
    part.put(how + "_lifecycles_per_s", figures.perSecond());
    figures.toMap().forEach((name, value) -> part.put(how + "_" + name, value));
  }

  private static double cpuUs(Stretch.Figures figures) {
    return (figures.master().cpuMs() + figures.clients().cpuMs()) * 1e3 / figures.tasks();
  }
}
