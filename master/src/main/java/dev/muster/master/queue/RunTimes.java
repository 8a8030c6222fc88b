package dev.muster.master.queue;

/**
 * How long the tasks of a queue run on average: a moving average over about a thousand, so that a
 * single long one among many short ones counts for long. One that has seen nothing says long.
 */
final class RunTimes {
  private static final int SHIFT = 10;

  /** Of a task that nobody has measured, µs. */
  private static final long UNKNOWN_US = 1_000;

  /** The longest that counts, µs: one day. */
  private static final long RUN_US_MAX = 86_400_000_000L;

  /** The average, times 2^{@link #SHIFT}. */
  private long sumUs = UNKNOWN_US << SHIFT;

  void add(long runUs) {
    sumUs += Math.min(runUs, RUN_US_MAX) - (sumUs >> SHIFT);
  }

  /**
   * µs, rounded up to a power of two, at least 1: it says what is new only when much has changed.
   */
  long averageUs() {
    long averageUs = sumUs >> SHIFT;
    return averageUs <= 1 ? 1 : Long.highestOneBit(averageUs - 1) << 1;
  }
}
