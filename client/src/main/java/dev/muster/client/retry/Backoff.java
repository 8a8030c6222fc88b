package dev.muster.client.retry;

import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongUnaryOperator;

/**
 * Waits that grow by two from a first to a longest, each drawn evenly from zero to its bound ("full
 * jitter"), so that a thousand clients of a restarted master do not come back at the same moment.
 * For one thread.
 */
public final class Backoff {
  private static final long FIRST_MS = 50;
  private static final long LONGEST_MS = 5_000;

  private final long firstMs;
  private final long longestMs;
  private final LongUnaryOperator draw;
  private long boundMs;

  Backoff(long firstMs, long longestMs, LongUnaryOperator draw) {
    this.firstMs = firstMs;
    this.longestMs = longestMs;
    this.draw = draw;
    this.boundMs = firstMs;
  }

  /** From 50 ms to 5 s. */
  public static Backoff standard() {
    return new Backoff(
        FIRST_MS, LONGEST_MS, bound -> ThreadLocalRandom.current().nextLong(bound + 1));
  }

  /** For tests: never waits. */
  public static Backoff none() {
    return new Backoff(0, 0, bound -> 0);
  }

  /** How long to wait before the next attempt, ms. */
  public long nextMs() {
    long waitMs = draw.applyAsLong(boundMs);
    boundMs = Math.min(longestMs, boundMs * 2);
    return waitMs;
  }

  /** An attempt worked: the next failure starts from the first wait again. */
  public void reset() {
    boundMs = firstMs;
  }
}
