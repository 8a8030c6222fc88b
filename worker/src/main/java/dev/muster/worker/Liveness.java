package dev.muster.worker;

import dev.muster.common.Limits;
import dev.muster.proto.v1.Welcome;
import java.util.concurrent.TimeUnit;

/** When both sides of a session's stream last said something, and how long they may be silent. */
final class Liveness {
  private volatile long heardNanos = System.nanoTime();
  private volatile long saidNanos = heardNanos;
  private volatile int heartbeatMs = Limits.HEARTBEAT_INTERVAL_MS;
  private volatile int timeoutMs = Limits.SESSION_TIMEOUT_MS;

  void heard() {
    heardNanos = System.nanoTime();
  }

  void said() {
    saidNanos = System.nanoTime();
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

  /** Nothing came from the master for as long as ends a session. */
  boolean isSilent() {
    return System.nanoTime() - heardNanos > TimeUnit.MILLISECONDS.toNanos(timeoutMs);
  }

  /** It is time for a heartbeat. */
  boolean isHeartbeatDue() {
    return System.nanoTime() - saidNanos > TimeUnit.MILLISECONDS.toNanos(heartbeatMs) * 3 / 4;
  }

  int timeoutMs() {
    return timeoutMs;
  }
}
