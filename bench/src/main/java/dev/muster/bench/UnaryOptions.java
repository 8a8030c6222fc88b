package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the bench of single tasks runs.
 *
 * @param tasks measured, of each kind
 * @param warmUp tasks of each kind before
 * @param payloadBytes size of a task's payload
 * @param pauseMs between one task's end and the next one
 * @param tls false: plaintext
 * @param masterJavaOptions for the master's JVM
 */
record UnaryOptions(
    int tasks,
    int warmUp,
    int payloadBytes,
    int pauseMs,
    boolean tls,
    List<String> masterJavaOptions) {
  /** How it was measured, as figures are printed. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("n", tasks);
    map.put("warm_up", warmUp);
    map.put("payload", payloadBytes);
    map.put("pause_ms", pauseMs);
    map.put("workers", 1);
    map.put("credit", 0);
    map.put("tls", tls);
    return map;
  }
}
