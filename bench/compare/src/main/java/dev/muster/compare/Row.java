package dev.muster.compare;

import org.jspecify.annotations.Nullable;

/**
 * What the comparison found of one contender.
 *
 * @param version of its server; null: it was left out
 * @param rates null: it was left out
 * @param leftOut why, in a sentence's part; null: it was measured
 */
record Row(
    String id,
    String name,
    String durability,
    String driving,
    @Nullable String version,
    @Nullable Rates rates,
    @Nullable String leftOut) {
  static Row measured(Contender contender, String version, Rates rates) {
    return new Row(
        contender.id(),
        contender.name(),
        contender.durability(),
        contender.driving(),
        version,
        rates,
        null);
  }

  static Row leftOut(Contender contender, String reason) {
    return new Row(
        contender.id(),
        contender.name(),
        contender.durability(),
        contender.driving(),
        null,
        null,
        reason);
  }
}
