package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the lifecycle bench measured.
 *
 * @param stretch from the first put to the last result
 * @param refused settlements refused: work done twice
 */
record LifecycleFigures(LifecycleOptions options, Stretch.Figures stretch, long refused) {
  long perSecond() {
    return stretch.perSecond();
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
    Map<String, Object> map = stretch.toMap();
    map.put("refused", refused);
    return map;
  }
}
