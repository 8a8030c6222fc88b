package dev.muster.common;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;

/** Checks numbers and times that a person gave. */
public final class InRange {
  private InRange() {}

  /**
   * The number.
   *
   * @param what for the message: "priority"
   * @throws InvalidInputException when it is not min to max, both included
   */
  @CanIgnoreReturnValue
  public static int check(String what, int min, int max, int found) {
    if (found < min || found > max) {
      throw new InvalidInputException(what + " must be " + min + " to " + max + ", found " + found);
    }
    return found;
  }

  /**
   * The time in ms, rounded up: on the wire 0 means "none", which is not what somebody meant who
   * asked for 1 µs.
   *
   * @param longest whole days
   * @throws InvalidInputException when it is not more than 0 and at most the longest
   */
  public static long ms(String what, Duration time, Duration longest) {
    if (time.isNegative() || time.isZero() || time.compareTo(longest) > 0) {
      throw new InvalidInputException(
          what + " must be more than 0 and at most " + longest.toDays() + " days, found " + time);
    }
    return roundedUpMs(time);
  }

  /** The time in ms, rounded up. */
  public static long roundedUpMs(Duration time) {
    return time.plusNanos(999_999).toMillis();
  }
}
