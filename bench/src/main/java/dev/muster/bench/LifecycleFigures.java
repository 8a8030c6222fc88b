package dev.muster.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the lifecycle bench measured.
 *
 * @param seconds from the first put to the last result
 * @param master what the master used in that time
 * @param clientCpuSeconds CPU time of producer, workers and collector together
 * @param refused settlements refused: work done twice
 */
record LifecycleFigures(
    LifecycleOptions options,
    double seconds,
    MasterUsage master,
    double clientCpuSeconds,
    long refused) {
  /** CPU time of this process so far, ms. */
  static long ownCpuMs() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
  }

  long perSecond() {
    return Math.round(options.tasks() / seconds);
  }

  /** One JSON line's worth. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "lifecycle");
    map.put("lifecycles_per_s", perSecond());
    map.putAll(usage());
    map.putAll(options.toMap());
    return map;
  }

  /** What it took. */
  Map<String, Object> usage() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("seconds", rounded(seconds));
    map.put("master_cpu_s", rounded(master.cpuMs() / 1e3));
    map.put("client_cpu_s", rounded(clientCpuSeconds));
    map.put(
        "cpu_us_per_task",
        rounded((master.cpuMs() * 1e3 + clientCpuSeconds * 1e6) / options.tasks()));
    map.put("fsyncs", master.fsyncs());
    map.put("master_peak_rss_mb", master.peakRssMb());
    map.put("refused", refused);
    return map;
  }

  static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
