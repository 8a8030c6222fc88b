package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Whole lives in several variants, and how each compares to one of them.
 *
 * @param variants what was run, by name
 * @param measured what came of it, by the same names
 * @param rounds of each
 */
record Comparison(
    Map<String, LifecycleOptions> variants, Map<String, Rounds.Variant> measured, int rounds) {
  /**
   * Runs the variants in turn.
   *
   * @param before run before each round
   * @param bench runs one variant once
   */
  static Comparison run(
      Map<String, LifecycleOptions> variants,
      int rounds,
      Runnable before,
      Function<LifecycleOptions, LifecycleFigures> bench) {
    return new Comparison(variants, Rounds.run(variants, rounds, before, bench), rounds);
  }

  static Comparison run(Map<String, LifecycleOptions> variants, int rounds) {
    return run(variants, rounds, () -> {}, options -> new LifecycleBench(options).run());
  }

  /**
   * One line: the variants, what all of them have in common, and the number of rounds.
   *
   * @param by what the variants differ in
   * @param base the variant that has the ratio 1
   */
  Map<String, Object> toMap(String scenario, String by, String base) {
    return toMap(scenario, by, base, (options, variant) -> Map.of());
  }

  /** The same with further figures for each variant. */
  Map<String, Object> toMap(
      String scenario,
      String by,
      String base,
      BiFunction<LifecycleOptions, Rounds.Variant, Map<String, Object>> more) {
    Rounds.Variant one = Objects.requireNonNull(measured.get(base));
    Map<String, Object> common = common();
    Map<String, Object> parts = new LinkedHashMap<>();
    measured.forEach(
        (name, variant) -> {
          LifecycleOptions options = Objects.requireNonNull(variants.get(name));
          Map<String, Object> part = new LinkedHashMap<>(more.apply(options, variant));
          part.putAll(variant.toMap(one));
          Map<String, Object> own = options.toMap();
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

  private Map<String, Object> common() {
    Map<String, Object> common = variants.values().iterator().next().toMap();
    for (LifecycleOptions options : variants.values()) {
      common.entrySet().retainAll(options.toMap().entrySet());
    }
    return common;
  }
}
