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
    map.put("n", options.tasks());
    map.put("seconds", rounded(seconds));
    map.put("payload", options.payloadBytes());
    map.put("result", options.resultBytes());
    map.put("workers", options.workers());
    map.put("credit", options.credit());
    map.put("unfinished_max", options.unfinishedMax());
    map.put("tls", options.tls());
    map.put("durable", "fsync before every acknowledgement");
    map.put("masters", 1);
    map.put("master_cpu_s", rounded(masterCpuSeconds));
    map.put("client_cpu_s", rounded(clientCpuSeconds));
    map.put("refused", refused);
    map.put("cores", Runtime.getRuntime().availableProcessors());
    map.put("java", Runtime.version().toString());
    return map;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
