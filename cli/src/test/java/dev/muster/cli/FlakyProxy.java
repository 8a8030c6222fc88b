package dev.muster.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The network between a client and a master, on loopback, with its faults in the test's hand; it
 * counts them, so that a test can show that they happened. Thread-safe.
 */
final class FlakyProxy implements AutoCloseable {
  private static final int CHUNK_BYTES = 16 << 10;

  /** Where bytes go. */
  enum Way {
    TO_MASTER,
    FROM_MASTER
  }

  private final int masterPort;
  private final ServerSocket listener;

  @GuardedBy("this")
  private final List<Line> lines = new ArrayList<>();

  @GuardedBy("this")
  private final Set<Way> stalled = EnumSet.noneOf(Way.class);

  @GuardedBy("this")
  private boolean cutNext;

  @GuardedBy("this")
  private long delayMs;

  @GuardedBy("this")
  private int cuts;

  @GuardedBy("this")
  private long heldBack;

  @GuardedBy("this")
  private long delayed;

  FlakyProxy(int masterPort) {
    this.masterPort = masterPort;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** Nothing passes this way any more, on no connection; new ones are accepted. */
  synchronized void stall(Way way) {
    stalled.add(way);
  }

  /** Everything passes again, what waited first; but not on connections that were frozen. */
  synchronized void flow() {
    stalled.clear();
    delayMs = 0;
    notifyAll();
  }

  /** The connections of now pass nothing any more, for good, and nobody is told; new ones do. */
  synchronized void freeze() {
    lines.forEach(line -> line.frozen = true);
  }

  /** All connections are reset. */
  synchronized void cut() {
    List.copyOf(lines).forEach(Line::cut);
  }

  /** The next bytes that come pass by half; then their connection is reset. */
  synchronized void cutWithinTheNextBytes() {
    cutNext = true;
  }

  /** Whatever passes takes so much longer. */
  synchronized void delay(Duration time) {
    delayMs = time.toMillis();
  }

  /** Connections that were reset. */
  synchronized int cuts() {
    return cuts;
  }

  /** Times that bytes were held back by a stall or on a frozen connection. */
  synchronized long heldBack() {
    return heldBack;
  }

  /** Times that bytes were delayed. */
  synchronized long delayed() {
    return delayed;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        thread(() -> join(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void join(Socket client) {
    Socket master;
    try {
      master = new Socket(InetAddress.getLoopbackAddress(), masterPort);
      client.setTcpNoDelay(true);
      master.setTcpNoDelay(true);
    } catch (IOException away) {
      reset(client);
      return;
    }
    Line line = new Line(client, master);
    synchronized (this) {
      lines.add(line);
    }
    thread(() -> pass(line, Way.FROM_MASTER, master, client));
    pass(line, Way.TO_MASTER, client, master);
  }

  private void pass(Line line, Way way, Socket from, Socket to) {
    byte[] chunk = new byte[CHUNK_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        long waitMs = awaitPassage(line, way);
        if (waitMs > 0) {
          Thread.sleep(waitMs);
        }
        if (n > 1 && takeCut()) {
          out.write(chunk, 0, n / 2);
          out.flush();
          break;
        }
        out.write(chunk, 0, n);
      }
    } catch (IOException | InterruptedException over) {
      // one end is gone
    }
    line.cut();
  }

  /** Waits while the way is stalled; returns how long the bytes are to be delayed, ms. */
  private synchronized long awaitPassage(Line line, Way way)
      throws InterruptedException, IOException {
    if (line.frozen || stalled.contains(way)) {
      heldBack++;
    }
    while ((line.frozen || stalled.contains(way)) && !line.over) {
      wait();
    }
    if (line.over) {
      throw new IOException("cut");
    }
    delayed += delayMs > 0 ? 1 : 0;
    return delayMs;
  }

  private synchronized boolean takeCut() {
    boolean cut = cutNext;
    cutNext = false;
    return cut;
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0); // RST instead of FIN
      socket.close();
    } catch (IOException gone) {
      // as it should be
    }
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "flaky-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }

  /** One connection, and its other half. */
  private final class Line {
    private final Socket client;
    private final Socket master;
    boolean frozen; // under the proxy's lock
    boolean over; // under the proxy's lock

    Line(Socket client, Socket master) {
      this.client = client;
      this.master = master;
    }

    void cut() {
      synchronized (FlakyProxy.this) {
        if (over) {
          return;
        }
        over = true;
        cuts++;
        lines.remove(this);
        FlakyProxy.this.notifyAll();
      }
      reset(client);
      reset(master);
    }
  }
}
