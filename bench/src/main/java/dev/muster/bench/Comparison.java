package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Whole lives in several variants, in turn, and how each compares to one of them. */
final class Comparison {
  private Comparison() {}

  /**
   * One line: the variants, what all of them have in common, and the number of rounds.
   *
   * @param by what the variants differ in
   * @param base the variant that has the ratio 1
   */
  static Map<String, Object> run(
      String scenario, String by, Map<String, LifecycleOptions> variants, String base, int rounds) {
    Map<String, Rounds.Variant> measured = Rounds.run(variants, rounds);
    Rounds.Variant one = Objects.requireNonNull(measured.get(base));
    Map<String, Object> common = common(variants);
    Map<String, Object> parts = new LinkedHashMap<>();
    measured.forEach(
        (name, variant) -> {
          Map<String, Object> part = variant.toMap(one);
          Map<String, Object> own = Objects.requireNonNull(variants.get(name)).toMap();
          own.keySet().removeAll(common.keySet());
          part.putAll(own);
          parts.put(name, part);
        });
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", scenario);
    map.put("by_" + by, parts);
    map.put("rounds", rounds);
    map.putAll(common);
    return map;
  }

  private static Map<String, Object> common(Map<String, LifecycleOptions> variants) {
    Map<String, Object> common = variants.values().iterator().next().toMap();
    for (LifecycleOptions options : variants.values()) {
      common.entrySet().retainAll(options.toMap().entrySet());
    }
    return common;
  }
}
