package dev.muster.worker;

import dev.muster.common.Limits;
import dev.muster.proto.v1.Welcome;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * When both sides of a session's stream last said something, and how long they may be silent.
 * Thread-safe.
 */
final class Liveness {
  private final LongSupplier clockNanos;
  private volatile long heardNanos;
  private volatile long saidNanos;
  private volatile int heartbeatMs = Limits.HEARTBEAT_INTERVAL_MS;
  private volatile int timeoutMs = Limits.SESSION_TIMEOUT_MS;

  /**
   * @param clockNanos monotonic, ns
   */
  Liveness(LongSupplier clockNanos) {
    this.clockNanos = clockNanos;
    this.heardNanos = clockNanos.getAsLong();
    this.saidNanos = heardNanos;
  }

  void heard() {
    heardNanos = clockNanos.getAsLong();
  }

  void said() {
    saidNanos = clockNanos.getAsLong();
  }

  /** The master's intervals take the place of the usual ones. */
  void agreed(Welcome welcome) {
    if (welcome.getHeartbeatIntervalMs() > 0) {
      heartbeatMs = welcome.getHeartbeatIntervalMs();
    }
    if (welcome.getSessionTimeoutMs() > 0) {
      timeoutMs = welcome.getSessionTimeoutMs();
    }
  }

  /** Nothing came from the master for so long that the way to it must be dead. */
  boolean isSilent() {
    return clockNanos.getAsLong() - heardNanos > TimeUnit.MILLISECONDS.toNanos(silenceMs());
  }

  /** It is time for a heartbeat. */
  boolean isHeartbeatDue() {
    return clockNanos.getAsLong() - saidNanos > TimeUnit.MILLISECONDS.toNanos(heartbeatMs) * 3 / 4;
  }

  /**
   * How long the master may be silent, ms: two thirds of the session's time-out, so that a third is
   * left to come back on another way before the session ends.
   */
  int silenceMs() {
    return timeoutMs / 3 * 2;
  }
}
