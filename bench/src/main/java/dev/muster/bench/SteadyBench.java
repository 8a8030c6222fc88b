package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tasks come at a steady rate, whatever the master does: how long after its time each is durable,
 * started, and done.
 */
final class SteadyBench {
  /** What full speed has left behind is over by then. */
  private static final long SETTLE_S = 5;

  private final LifecycleOptions options;
  private final long perSecond;

  /**
   * @param options its tasks are measured at the rate. Its warm-up before runs at full speed: at a
   *     rate, Java would compile during all of what is measured
   */
  SteadyBench(LifecycleOptions options, long perSecond) {
    this.options = options;
    this.perSecond = perSecond;
  }

  Map<String, Object> run() {
    Latencies latencies = new Latencies();
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions());
        Lives lives = new Lives(master.connect(), options, latencies)) {
      if (options.warmUp() > 0) {
        var unusedBurn = lives.burn(options.warmUp());
        var unusedSettling = lives.steady(SETTLE_S * perSecond, perSecond);
      }
      latencies.reset();
      Stretch stretch = Stretch.begin(master);
      long ns = lives.steady(options.tasks(), perSecond);
      LifecycleFigures figures =
          new LifecycleFigures(options, stretch.end(options.tasks(), ns), lives.refused());
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("scenario", "steady");
      map.put("rate_per_s", perSecond);
      map.putAll(latencies.toMap());
      map.putAll(figures.usage());
      map.putAll(options.toMap());
      return map;
    }
  }
}
