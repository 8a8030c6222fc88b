package dev.muster.master.queue;

import dev.muster.proto.v1.Rate;

/**
 * So many leases in so long, as a bucket of tokens that fills by the clock. The bucket itself is
 * one number, kept by whom the limit is for: when it is full again, µs since the epoch.
 *
 * @param intervalUs a token takes so long to gather, µs; 0: there is no limit
 * @param burst tokens in a full bucket
 */
record RateLimit(long intervalUs, long burst) {
  static final RateLimit NONE = new RateLimit(0, 0);

  private static final long PERIOD_MS_DEFAULT = 1_000;

  /** Longer periods are no use, and shorter sums than this keep clear of overflow. */
  private static final long PERIOD_MS_MAX = 365L * 24 * 3_600_000;

  private static final long BUCKET_US_MAX = 1L << 60;

  /** Rounded so that the rate is never exceeded; count 0: no limit. */
  static RateLimit of(Rate rate) {
    long count = rate.getCount();
    if (count <= 0) {
      return NONE;
    }
    long periodMs = rate.getPeriodMs() <= 0 ? PERIOD_MS_DEFAULT : rate.getPeriodMs();
    long periodUs = Math.min(periodMs, PERIOD_MS_MAX) * 1_000;
    long intervalUs = Math.max(1, (periodUs + count - 1) / count);
    long burst = rate.getBurst() <= 0 ? count : rate.getBurst();
    return new RateLimit(intervalUs, Math.min(burst, BUCKET_US_MAX / intervalUs));
  }

  boolean isNone() {
    return intervalUs == 0;
  }

  /** Tokens there are now; a large number without a limit. */
  long tokens(long fullUs, long nowUs) {
    if (isNone()) {
      return Long.MAX_VALUE;
    }
    return fullUs <= nowUs
        ? burst
        : Math.max(0, (nowUs + burst * intervalUs - fullUs) / intervalUs);
  }

  /** Whether {@link #tokens} is above 0, told without a division: it is asked for each lease. */
  boolean hasToken(long fullUs, long nowUs) {
    return nextUs(fullUs) <= nowUs;
  }

  /** The bucket after one token was taken. */
  long take(long fullUs, long nowUs) {
    return isNone() ? fullUs : Math.max(fullUs, nowUs) + intervalUs;
  }

  /** The bucket after one token was given back. */
  long giveBack(long fullUs) {
    return Math.max(0, fullUs - intervalUs);
  }

  /** When the bucket has a token, µs since the epoch. */
  long nextUs(long fullUs) {
    return isNone() ? 0 : fullUs - (burst - 1) * intervalUs;
  }
}
