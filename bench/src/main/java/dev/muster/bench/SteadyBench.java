package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tasks come at a steady rate, whatever the master does: how long after its time each is durable,
 * started, and done.
 */
final class SteadyBench {
  private final LifecycleOptions options;
  private final long perSecond;

  /**
   * @param options its tasks are measured at the rate. Half of its warm-up before runs at full
   *     speed, so that Java finds what to compile; the other half at the rate, while Java compiles
   *     what the rate changes
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
        long atFullSpeed = options.warmUp() / 2;
        var unusedBurn = lives.burn(atFullSpeed);
        var unusedSettling = lives.steady(options.warmUp() - atFullSpeed, perSecond);
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
