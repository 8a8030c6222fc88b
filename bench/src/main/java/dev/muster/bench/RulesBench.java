package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** What the rules cost: whole lives without and with them, in turn. */
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
    Map<String, LifecycleOptions> variants = new LinkedHashMap<>();
    variants.put("plain", plain);
    variants.put("rules", ruled);
    Map<String, Rounds.Variant> measured =
        Rounds.run(variants, rounds, () -> {}, variant -> new LifecycleBench(variant).run());
    Rounds.Variant without = Objects.requireNonNull(measured.get("plain"));
    Rounds.Variant with = Objects.requireNonNull(measured.get("rules"));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "rules");
    map.put("plain_lifecycles_per_s", without.perSecond());
    map.put("rules_lifecycles_per_s", with.perSecond());
    map.put("ratio", with.ratioTo(without));
    map.put("rounds", rounds);
    map.put("plain_all", without.all());
    map.put("rules_all", with.all());
    map.put("plain_used", without.medians());
    map.putAll(with.medians());
    map.putAll(ruled.toMap());
    return map;
  }
}
