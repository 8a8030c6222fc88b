package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the lifecycle bench measured.
 *
 * @param seconds from the first put to the last result
 * @param masterCpuSeconds the master's CPU time in that time
 * @param clientCpuSeconds that of producer, workers and collector together
 * @param refused settlements refused: work done twice
 */
record LifecycleFigures(
    LifecycleOptions options,
    double seconds,
    double masterCpuSeconds,
    double clientCpuSeconds,
    long refused) {
  long perSecond() {
    return Math.round(options.tasks() / seconds);
  }

  /** One JSON line's worth. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "lifecycle");
    map.put("lifecycles_per_s", perSecond());
    map.put("seconds", rounded(seconds));
    map.put("master_cpu_s", rounded(masterCpuSeconds));
    map.put("client_cpu_s", rounded(clientCpuSeconds));
    map.put("refused", refused);
    map.putAll(options.toMap());
    return map;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
