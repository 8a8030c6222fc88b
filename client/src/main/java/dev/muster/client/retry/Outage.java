package dev.muster.client.retry;

/**
 * Decides when a lasting failure is worth a line: at once, then once a minute, so that a log says
 * what is wrong without drowning in it. For one thread.
 */
public final class Outage {
  private static final long REPEAT_MS = 60_000;

  private boolean lasting;
  private long reportedMs;

  /**
   * An attempt failed.
   *
   * @param nowMs any steady clock, ms
   * @return whether to report it
   */
  public boolean failed(long nowMs) {
    if (lasting && nowMs - reportedMs < REPEAT_MS) {
      return false;
    }
    lasting = true;
    reportedMs = nowMs;
    return true;
  }

  /** An attempt worked; returns whether an outage that was reported ended with it. */
  public boolean recovered() {
    boolean ended = lasting;
    lasting = false;
    return ended;
  }
}
