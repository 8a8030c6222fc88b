package dev.muster.bench;

import dev.muster.common.InvalidInputException;

/** Checks numbers that options gave. */
final class AtLeast {
  /** A payload begins with a time. */
  static final int PAYLOAD_BYTES = Long.BYTES;

  private AtLeast() {}

  /** Refuses a number that is too small. */
  static void check(String option, long least, long found) {
    if (found < least) {
      throw new InvalidInputException(option + " must be at least " + least + ", found " + found);
    }
  }
}
