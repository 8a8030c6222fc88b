package dev.muster.bench;

import dev.muster.common.Version;
import java.util.LinkedHashMap;
import java.util.Map;

/** Under which all figures of a run were measured, if a scenario does not say otherwise. */
final class Circumstances {
  private Circumstances() {}

  static Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("durable", "fsync before every acknowledgement");
    // Nobody waits for a batch to fill: how large they became is in tasks_per_fsync.
    map.put("batch", "what gathers while the last one is under way");
    map.put("masters", 1);
    map.put("cores", Runtime.getRuntime().availableProcessors());
    map.put("muster", Version.current());
    map.put("java", Runtime.version().toString());
    map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    return map;
  }
}
