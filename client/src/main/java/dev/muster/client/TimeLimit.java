package dev.muster.client;

import dev.muster.common.MusterException;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How long a caller waits, and what it hears when it was interrupted. */
final class TimeLimit {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private TimeLimit() {}

  /** From now; a time-out too long for a clock means a hundred years. */
  static Deadline of(Duration timeout) {
    Duration bounded = timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    return Deadline.after(bounded.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Restores the interrupt and says what was going on. */
  static MusterException interrupted(String what) {
    Thread.currentThread().interrupt();
    return new MusterException("interrupted while " + what);
  }
}
