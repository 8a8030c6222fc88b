package dev.muster.master.dispatch;

import java.util.concurrent.TimeUnit;

/**
 * The frames of one session whose settlements wait for the log. While the log stalls no more of
 * them are read than a few, and heartbeats wait behind those: that silence is the master's own. Any
 * thread.
 */
final class FramesUnderWay {
  /** A log that takes nothing for so long stalls. Shorter is how a log goes. */
  private static final long STALL_NS = TimeUnit.SECONDS.toNanos(1);

  private int count;
  private long sinceNs;

  /** One more. */
  synchronized void came(long nowNs) {
    if (count++ == 0) {
      sinceNs = nowNs;
    }
  }

  /** One of them is applied, or never will be. */
  synchronized void ended(long nowNs) {
    count--;
    sinceNs = nowNs;
  }

  /** There are some, and for a while the log has taken none of them. */
  synchronized boolean areHeldUp(long nowNs) {
    return count > 0 && nowNs - sinceNs >= STALL_NS;
  }
}
