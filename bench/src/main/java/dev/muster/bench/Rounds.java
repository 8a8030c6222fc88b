package dev.muster.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Variants that are measured in turn, each in a master of its own, so that whatever else the
 * machine does meets all alike.
 */
final class Rounds {
  private Rounds() {}

  /**
   * One variant: the median of each figure.
   *
   * @param all the rates of all rounds
   * @param medians as {@link LifecycleFigures#usage} names them
   */
  record Variant(long perSecond, List<Long> all, Map<String, Object> medians) {
    static Variant of(List<LifecycleFigures> runs) {
      List<Long> all = runs.stream().map(LifecycleFigures::perSecond).toList();
      Map<String, Object> medians = new LinkedHashMap<>();
      List<Map<String, Object>> used = runs.stream().map(LifecycleFigures::usage).toList();
      for (Map.Entry<String, Object> first : used.get(0).entrySet()) {
        double median = median(used.stream().map(run -> (Number) run.get(first.getKey())).toList());
        if (first.getValue() instanceof Double) {
          medians.put(first.getKey(), Stretch.thousandths(median));
        } else {
          medians.put(first.getKey(), Math.round(median));
        }
      }
      return new Variant(Math.round(median(all)), all, medians);
    }

    /** As a part of a line. */
    Map<String, Object> toMap(Variant base) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("lifecycles_per_s", perSecond);
      map.put("ratio", ratioTo(base));
      map.put("all", all);
      map.putAll(medians);
      return map;
    }

    double ratioTo(Variant base) {
      return Stretch.thousandths(1.0 * perSecond / base.perSecond);
    }
  }

  /**
   * All variants, by their names, in this order, as often as told.
   *
   * @param before run before each round
   * @param bench runs one variant once
   */
  static Map<String, Variant> run(
      Map<String, LifecycleOptions> variants,
      int rounds,
      Runnable before,
      Function<LifecycleOptions, LifecycleFigures> bench) {
    Map<String, List<LifecycleFigures>> runs = new LinkedHashMap<>();
    for (int i = 0; i < rounds; i++) {
      before.run();
      variants.forEach(
          (name, options) ->
              runs.computeIfAbsent(name, unused -> new ArrayList<>()).add(bench.apply(options)));
    }
    Map<String, Variant> measured = new LinkedHashMap<>();
    runs.forEach((name, figures) -> measured.put(name, Variant.of(figures)));
    return measured;
  }

  static double median(List<? extends Number> figures) {
    double[] sorted = figures.stream().mapToDouble(Number::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
