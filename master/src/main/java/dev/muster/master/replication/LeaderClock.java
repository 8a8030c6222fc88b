package dev.muster.master.replication;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time that the leader stamps on entries, ms since the epoch: the wall clock's, but it never
 * goes back and never stands still.
 *
 * <p>Put forward, it follows at once. Put back, it goes on at half speed until the wall clock has
 * caught up: so what waits for a time waits at most twice as long, where a clock that only refused
 * to go back would stop every timeout for as long as the step was. Thread-safe.
 */
public final class LeaderClock implements LongSupplier {
  private static final int SLOWER = 2;

  private final LongSupplier wallMs;
  private final LongSupplier monotonicNs;

  // Guarded by this.
  private long saidMs;

  /** When that was, by the monotonic clock. */
  private long saidNs;

  /**
   * @param wallMs ms since the epoch; may jump
   * @param monotonicNs ns; never jumps
   */
  public LeaderClock(LongSupplier wallMs, LongSupplier monotonicNs) {
    this.wallMs = wallMs;
    this.monotonicNs = monotonicNs;
    this.saidMs = wallMs.getAsLong();
    this.saidNs = monotonicNs.getAsLong();
  }

  /** The log has this time already: it goes on from there. */
  public synchronized void notBefore(long ms) {
    if (ms > getAsLong()) {
      saidMs = ms;
    }
  }

  @Override
  public synchronized long getAsLong() {
    long nowMs = wallMs.getAsLong();
    long nowNs = monotonicNs.getAsLong();
    // Half speed first: what is said must not depend on how often it is asked.
    long slowMs = TimeUnit.NANOSECONDS.toMillis(nowNs - saidNs) / SLOWER;
    saidMs += slowMs;
    saidNs += TimeUnit.MILLISECONDS.toNanos(slowMs * SLOWER);
    if (nowMs >= saidMs) {
      saidMs = nowMs;
      saidNs = nowNs;
    }
    return saidMs;
  }
}
