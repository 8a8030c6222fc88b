package dev.muster.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports on loopback for containers that are restarted: the engine would give them another port at
 * each start.
 */
final class LoopbackPort {
  /**
   * Below the range that the kernel gives to outgoing connections (32768 and up). While the
   * container is down, its client dials this port again and again: from inside that range it would
   * sooner or later connect to itself, and hold the port when the container wants it back.
   */
  private static final int FIRST = 20_000;

  private static final int LAST = 32_000;
  private static final int TRIES = 100;

  private LoopbackPort() {}

  /** A port on which nobody listens now. */
  static int free() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        if (i == TRIES - 1) {
          throw new UncheckedIOException("no free port in " + FIRST + ".." + LAST, taken);
        }
      }
    }
    throw new AssertionError("not reached");
  }
}
