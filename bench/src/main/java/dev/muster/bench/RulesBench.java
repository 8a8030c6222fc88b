package dev.muster.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the rules cost: whole lives without and with them, in turn, each in a master of its own, so
 * that whatever else the machine does meets both alike.
 */
final class RulesBench {
  private final LifecycleOptions plain;
  private final LifecycleOptions ruled;
  private final int rounds;

  /**
   * @param rounds of one run each
   */
  RulesBench(LifecycleOptions plain, LifecycleOptions ruled, int rounds) {
    this.plain = plain;
    this.ruled = ruled;
    this.rounds = rounds;
  }

  Map<String, Object> run() {
    long[] without = new long[rounds];
    long[] with = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      without[i] = new LifecycleBench(plain).run().perSecond();
      with[i] = new LifecycleBench(ruled).run().perSecond();
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "rules");
    map.put("plain_lifecycles_per_s", median(without));
    map.put("rules_lifecycles_per_s", median(with));
    map.put("ratio", Math.round(1_000.0 * median(with) / median(without)) / 1_000.0);
    map.put("rounds", rounds);
    map.put("plain_all", asList(without));
    map.put("rules_all", asList(with));
    map.putAll(ruled.toMap());
    return map;
  }

  private static long median(long[] figures) {
    long[] sorted = figures.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static List<Long> asList(long[] figures) {
    return Arrays.stream(figures).boxed().toList();
  }
}
