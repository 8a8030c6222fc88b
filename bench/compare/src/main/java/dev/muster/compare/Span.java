package dev.muster.compare;

/**
 * How long one turn lasts.
 *
 * @param warmUpS seconds of load before the clock starts
 * @param measuredS seconds of load that count
 */
record Span(int warmUpS, int measuredS) {
  Span {
    if (warmUpS < 1 || measuredS < 1) {
      throw new IllegalArgumentException(
          "--warm-up and --seconds must be at least 1, found " + warmUpS + " and " + measuredS);
    }
  }
}
