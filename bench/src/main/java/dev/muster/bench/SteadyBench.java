package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tasks come at a steady rate, whatever the master does: how long after its time each is durable,
 * started, and done.
 */
final class SteadyBench {
  /** Java has compiled by then, however low the rate is. */
  private static final long WARM_UP_AT_RATE_S_MAX = 60;

  private final LifecycleOptions options;
  private final long perSecond;

  /**
   * @param options its tasks are measured at the rate. Half of its warm-up before runs at full
   *     speed, so that Java finds what to compile; the other half at the rate, while Java compiles
   *     what the rate changes, but no more than a minute of it
   */
  SteadyBench(LifecycleOptions options, long perSecond) {
    this.options = options;
    this.perSecond = perSecond;
  }

  /** Of so many tasks of warm-up, those that come at the rate. */
  static long warmUpAtRate(long warmUp, long perSecond) {
    long half = warmUp / 2;
    return half / WARM_UP_AT_RATE_S_MAX < perSecond ? half : WARM_UP_AT_RATE_S_MAX * perSecond;
  }

  Map<String, Object> run() {
    Latencies latencies = new Latencies();
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions());
        Lives lives = new Lives(master.connect(), options, latencies)) {
      if (options.warmUp() > 0) {
        long atRate = warmUpAtRate(options.warmUp(), perSecond);
        var unusedBurn = lives.burn(options.warmUp() - atRate);
        var unusedSettling = lives.steady(atRate, perSecond);
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
