package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler: the attempt failed, and the next one shall come after this time instead of
 * the back-off, as a service asks that answers "too many requests". It counts as a failed attempt:
 * when the task has no attempt left, it is a dead letter. With a cause, the failure is grouped by
 * the cause's class.
 */
public class RetryLaterException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Duration LONGEST = Duration.ofDays(3_650);

  private final Duration delay;

  /**
   * @param delay 0 to ten years; less than 1 ms counts as 1 ms
   */
  public RetryLaterException(Duration delay, @Nullable Throwable cause) {
    this(delay, "to be tried again after " + delay, cause);
  }

  /** As {@link #RetryLaterException(Duration, Throwable)}, with a message of one's own. */
  public RetryLaterException(Duration delay, String message, @Nullable Throwable cause) {
    super(message, cause);
    if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
      throw new InvalidInputException("delay must be 0 to ten years, found " + delay);
    }
    this.delay = delay;
  }

  /** How long to wait before the next attempt. */
  public Duration delay() {
    return delay;
  }

  long delayMs() {
    return Math.max(1, delay.toMillis()); // 0 would mean the back-off
  }
}
