package dev.muster.worker;

/** How long a handler ran, as the protocol says it. */
final class RunTime {
  /** What the field holds: 71 minutes. */
  private static final long MICROS_MAX = 0xFFFF_FFFFL;

  private RunTime() {}

  /**
   * In µs, unsigned: at least 1, as what ran took some time. 0, which stands for "not known", when
   * it does not fit: a figure that is too small would be taken for the truth.
   */
  static int micros(long nanos) {
    long micros = nanos / 1_000 + 1;
    return micros > MICROS_MAX ? 0 : (int) micros;
  }
}
