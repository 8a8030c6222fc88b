package dev.muster.master.queue;

import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;

/**
 * A queue's settings, each with a value: what was never set has its default. Immutable.
 *
 * @param proto all of them
 */
record Settings(QueueSettings proto) {
  private static final long DAY_MS = 24L * 3_600_000;

  static final Settings DEFAULT =
      new Settings(
          QueueSettings.newBuilder()
              .setMaxLength(0)
              .setOverflow(Overflow.OVERFLOW_BLOCK)
              .setRetainedMax(100_000)
              .setRetainedMs(DAY_MS)
              .setRetainedBytes(256L << 20)
              .setDeadMax(1_000_000)
              .setDeadMs(90 * DAY_MS)
              .setDeadBytes(1L << 30)
              .setHistoryMax(1_000)
              .setConcurrency(0)
              .setRate(Rate.getDefaultInstance())
              .setTenantConcurrency(0)
              .setTenantRate(Rate.getDefaultInstance())
              .setAgeingMs(0)
              .setRetry(RetryPolicy.getDefaultInstance())
              .setQuarantineAfter(3)
              .setPaused(false)
              .setDraining(false)
              .build());

  private static final int BACKOFF_MIN_MS_DEFAULT = 1_000;
  private static final int BACKOFF_MAX_MS_DEFAULT = 600_000;

  /** As stored: what an older program did not know has its default. */
  static Settings of(QueueSettings stored) {
    return DEFAULT.with(stored);
  }

  /** The same with what is set there. */
  Settings with(QueueSettings changes) {
    QueueSettings.Builder changed = proto.toBuilder().mergeFrom(changes);
    // Merged, a zero within them would leave the old value.
    if (changes.hasRate()) {
      changed.setRate(changes.getRate());
    }
    if (changes.hasTenantRate()) {
      changed.setTenantRate(changes.getTenantRate());
    }
    if (changes.hasRetry()) {
      changed.setRetry(changes.getRetry());
    }
    return new Settings(changed.build());
  }

  boolean dropsOldest() {
    return proto.getOverflow() == Overflow.OVERFLOW_DROP_OLDEST;
  }

  /** How often a task may fail before it is a dead letter, at least 1. */
  int maxAttempts(TaskOptions options) {
    int own = options.getRetry().getMaxAttempts();
    return Math.max(1, own != 0 ? own : proto.getRetry().getMaxAttempts());
  }

  /**
   * How long a task waits before it is tried again.
   *
   * @param failures so far, at least 1
   * @param dice any number; decides how much is taken away from the full wait, up to half
   * @return ms
   */
  long backoffMs(TaskOptions options, int failures, long dice) {
    RetryPolicy own = options.getRetry();
    RetryPolicy queue = proto.getRetry();
    long min = first(own.getBackoffMinMs(), queue.getBackoffMinMs(), BACKOFF_MIN_MS_DEFAULT);
    long max =
        Math.max(
            min, first(own.getBackoffMaxMs(), queue.getBackoffMaxMs(), BACKOFF_MAX_MS_DEFAULT));
    long full = failures > 32 ? max : Math.min(max, min << (failures - 1));
    return full - Long.remainderUnsigned(dice, full / 2 + 1);
  }

  private static long first(int own, int queue, int fallback) {
    int chosen = own != 0 ? own : queue != 0 ? queue : fallback;
    return Integer.toUnsignedLong(chosen);
  }
}
