package dev.muster.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
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

    /**
     * The median of the ratios of each round: a machine that becomes slower from round to round
     * does so for both.
     */
    double ratioTo(Variant base) {
      List<Double> ratios = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        ratios.add(1.0 * all.get(i) / base.all.get(i));
      }
      return Stretch.thousandths(median(ratios));
    }
  }

  /**
   * All variants, by their names, as often as told: in this order, and in every other round in the
   * opposite one, so that what changes slowly favours none.
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
    variants.keySet().forEach(name -> runs.put(name, new ArrayList<>()));
    inTurn(
        List.copyOf(variants.keySet()),
        rounds,
        before,
        name -> {
          LifecycleOptions options = Objects.requireNonNull(variants.get(name));
          Objects.requireNonNull(runs.get(name)).add(bench.apply(options));
        });
    Map<String, Variant> measured = new LinkedHashMap<>();
    runs.forEach((name, figures) -> measured.put(name, Variant.of(figures)));
    return measured;
  }

  /** The order of what is run. */
  static void inTurn(List<String> names, int rounds, Runnable before, Consumer<String> run) {
    List<String> order = new ArrayList<>(names);
    for (int i = 0; i < rounds; i++) {
      before.run();
      order.forEach(run);
      Collections.reverse(order);
    }
  }

  static double median(List<? extends Number> figures) {
    double[] sorted = figures.stream().mapToDouble(Number::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
