package dev.muster.client.connection;

import java.util.function.LongUnaryOperator;

/**
 * Full jitter: a random wait from 0 to a bound that doubles from 50 ms to 5 s. Thousands of clients
 * that lose the same master then do not come back at the same moment. Not thread-safe.
 */
final class Backoff {
  private static final long FIRST_MS = 50;
  private static final long LAST_MS = 5_000;

  private final LongUnaryOperator randomBelow;
  private long boundMs = FIRST_MS;

  /**
   * Begins at the first bound.
   *
   * @param randomBelow gives a number from 0 to below its argument
   */
  Backoff(LongUnaryOperator randomBelow) {
    this.randomBelow = randomBelow;
  }

  /** How long to wait before the next attempt, ms. */
  long nextMs() {
    long waitMs = randomBelow.applyAsLong(boundMs + 1);
    boundMs = Math.min(2 * boundMs, LAST_MS);
    return waitMs;
  }

  /** An attempt succeeded. */
  void reset() {
    boundMs = FIRST_MS;
  }
}
