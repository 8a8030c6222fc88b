package dev.muster.worker;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.common.InvalidInputException;

/** Checks numbers that a person gave. */
final class AtLeast {
  private AtLeast() {}

  @CanIgnoreReturnValue
  static int check(String what, int least, int most, int found) {
    if (found < least || found > most) {
      throw new InvalidInputException(
          what + " must be " + least + " to " + most + ", found " + found);
    }
    return found;
  }
}
