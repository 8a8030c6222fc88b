package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Welcome;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.Channel;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one worker and the master have between them: survives broken streams, ends by the master's
 * word or by goodbye.
 *
 * <p>Natural batching without a clock: while sent settlements are not durable yet, further ones
 * gather; the master's word that they are takes all along. A slot without work, or much to say,
 * does not wait for it. Whoever finds that something may go builds and sends the frame.
 *
 * <p>Thread-safe. Lock order: session, then slot. Frames are sent outside the lock, by one thread
 * at a time.
 */
final class WorkerSession {
  /** What happens to a session; called without locks, on the event loop: must be short. */
  interface Listener {
    /**
     * The master asks this worker to end.
     *
     * @param atOnce without waiting for what runs
     */
    void endAsked(boolean atOnce);
  }

  private static final Logger LOG = LoggerFactory.getLogger(WorkerSession.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Holdings holdings;
  private final Listener listener;
  private final Reports reports;
  private final Liveness liveness;
  private final AtomicInteger transmitting = new AtomicInteger();
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean urgent;
  private volatile boolean awaitsSettled;

  @GuardedBy("this")
  private Hello identity;

  @GuardedBy("this")
  private ByteString id = newId();

  @GuardedBy("this")
  private FrameGatherer gatherer;

  @GuardedBy("this")
  private @Nullable SessionStream stream;

  /** Connections so far, of all sessions. */
  @GuardedBy("this")
  private long connections;

  @GuardedBy("this")
  private boolean welcomed;

  @GuardedBy("this")
  private boolean heldSomething;

  @GuardedBy("this")
  private Farewell farewell = Farewell.NONE;

  /** There will be no other stream. */
  @GuardedBy("this")
  private boolean over;

  /** Why the last session was lost, until somebody asks. */
  @GuardedBy("this")
  private @Nullable String loss;

  WorkerSession(Hello identity, Holdings holdings, Listener listener, Reports reports) {
    this(identity, holdings, listener, reports, System::nanoTime);
  }

  /**
   * @param clockNanos monotonic, ns
   */
  WorkerSession(
      Hello identity,
      Holdings holdings,
      Listener listener,
      Reports reports,
      LongSupplier clockNanos) {
    this.liveness = new Liveness(clockNanos);
    this.identity = identity;
    this.holdings = holdings;
    this.listener = listener;
    this.reports = reports;
    this.gatherer = new FrameGatherer(reports);
    reports.onWaiting(this::flush);
  }

  private static ByteString newId() {
    byte[] id = new byte[Limits.SESSION_ID_BYTES];
    RANDOM.nextBytes(id);
    return ByteString.copyFrom(id);
  }

  /** Opens a stream and says hello, with what is still held. */
  SessionStream connect(Channel channel) {
    SessionStream fresh = new SessionStream(this);
    liveness.heard();
    fresh.open(channel);
    Hello hello;
    synchronized (this) {
      Hello.Builder building = identity.toBuilder().setSession(id).setConnection(++connections);
      HeldAttempts held = new HeldAttempts(building);
      gatherer.restart(held);
      int credit = holdings.restart(held);
      building.setCredit(farewell == Farewell.NONE ? Math.max(0, credit) : 0);
      heldSomething = building.getHeldIdsCount() > 0;
      hello = building.build();
      stream = fresh;
      welcomed = false;
      if (hasSaidGoodbye()) {
        farewell = Farewell.DUE; // on this stream, again
      }
    }
    // Nobody else sends before the welcome, and the welcome answers this.
    fresh.send(WorkerFrame.newBuilder().setHello(hello).build());
    return fresh;
  }

  /** A stream ended; what is said from here on waits for the next. */
  synchronized void disconnected(SessionStream old) {
    if (stream == old) {
      stream = null;
      welcomed = false;
    }
  }

  /** Something gathered: it goes now if nothing is under way, or if it is much. */
  void gathered(boolean much) {
    if (much) {
      flush();
    } else if (!awaitsSettled) {
      transmit();
    }
  }

  /** Everything that gathered goes, as soon as the stream takes it. */
  void flush() {
    urgent = true;
    transmit();
  }

  private void transmit() {
    if (transmitting.getAndIncrement() != 0) {
      return; // the one that sends looks again
    }
    int seen = 1;
    try {
      do {
        sendAll();
        seen = transmitting.addAndGet(-seen);
      } while (seen != 0);
    } catch (RuntimeException | Error e) { // no memory for the network, for example
      transmitting.set(0); // or nobody would ever send again
      broken(e);
    }
  }

  /**
   * A frame may be lost: the next stream says anew what is held, and what is not durable goes
   * again. Whoever came to send, a slot for example, goes on.
   */
  private void broken(Throwable reason) {
    SessionStream old;
    synchronized (this) {
      old = stream;
      if (old == null) {
        return;
      }
      disconnected(old);
    }
    LOG.warn("a frame could not be sent", reason);
    old.abort("a frame could not be sent: " + reason);
  }

  private void sendAll() {
    while (true) {
      SessionStream to;
      WorkerFrame frame;
      synchronized (this) {
        to = stream;
        if (to == null || !welcomed || !to.isReady()) {
          return;
        }
        if (!urgent && gatherer.awaitsSettled()) {
          return;
        }
        urgent = false;
        holdings.collect(gatherer);
        frame = gatherer.next();
        if (frame == null) {
          return;
        }
        if (frame.getGoodbye()) {
          farewell = Farewell.MADE;
        }
        awaitsSettled = gatherer.awaitsSettled();
        urgent = gatherer.hasMore();
      }
      liveness.said();
      to.send(frame);
      if (frame.getGoodbye()) {
        synchronized (this) {
          if (farewell == Farewell.MADE) { // else there is a new stream, to be said to as well
            farewell = Farewell.SENT;
          }
          notifyAll();
        }
      }
    }
  }

  /** A frame of the master; the event loop. */
  void received(SessionStream from, MasterFrame frame) {
    liveness.heard();
    boolean flush = false;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      if (frame.getSessionExpired()) {
        startOver(from, "the master ended the session");
        return;
      }
      if (frame.hasWelcome()) {
        if (!welcome(frame.getWelcome())) {
          startOver(from, "the master does not know the session any more");
          return;
        }
        from.accept();
        flush = true;
      }
      // Before the offers: what was lost may be offered again in the same frame.
      if (frame.getCancelledIdsCount() > 0) {
        holdings.lose(new HashSet<>(frame.getCancelledIdsList()));
        flush = true;
      }
      // What crosses our goodbye goes back with the session's end, free; a word on it would be
      // late.
      if (frame.getOffersCount() > 0 && farewell.compareTo(Farewell.MADE) < 0) {
        holdings.offered(frame.getOffersList());
        if (farewell != Farewell.NONE) {
          holdings.returnUnstarted(gatherer);
          flush = true;
        }
      }
      if (frame.getSettledUpto() > 0) {
        gatherer.settledUpto(frame.getSettledUpto());
        awaitsSettled = gatherer.awaitsSettled();
        flush = true;
        notifyAll();
      }
      if (frame.getStackWantedCount() > 0) {
        holdings.stacks(frame.getStackWantedList(), reports);
      }
      if (frame.getStopCount() > 0) {
        holdings.stop(frame.getStopList());
        flush = true;
      }
    }
    if (frame.getRefusedCount() > 0) {
      refused.addAndGet(frame.getRefusedCount());
      LOG.debug("{} outcomes refused: the tasks belong to others by now", frame.getRefusedCount());
    }
    if (flush) {
      flush();
    }
    if (frame.getKill() || frame.getDrain()) {
      listener.endAsked(frame.getKill());
    }
  }

  /** False: our session is lost with all that it held. */
  @GuardedBy("this")
  private boolean welcome(Welcome welcome) {
    if (!welcome.getResumed() && (heldSomething || gatherer.hasNumbered())) {
      return false;
    }
    // One that was opened under our key after ours had ended, by a hello whose welcome got lost.
    if (welcome.getSettledUpto() < gatherer.settledUpto()) {
      return false;
    }
    liveness.agreed(welcome);
    gatherer.resendAfter(welcome.getSettledUpto());
    awaitsSettled = false;
    welcomed = true;
    notifyAll();
    return true;
  }

  @GuardedBy("this")
  private void startOver(SessionStream from, String reason) {
    loss = reason + ": what this worker held belongs to others by now; it starts a new session";
    holdings.drop();
    reports.clear();
    gatherer = new FrameGatherer(reports);
    if (farewell != Farewell.NONE) {
      gatherer.draining();
    }
    if (hasSaidGoodbye()) {
      gatherer.goodbye();
    }
    id = newId();
    stream = null;
    welcomed = false;
    awaitsSettled = false;
    notifyAll();
    from.abort(reason);
  }

  /**
   * Called often: says something if nothing was said lately, and ends a stream that fell silent.
   */
  void beat() {
    SessionStream silent = null;
    synchronized (this) {
      if (stream == null) {
        return;
      }
      if (liveness.isSilent()) {
        silent = stream;
        disconnected(silent);
      } else if (liveness.isHeartbeatDue()) {
        gatherer.heartbeat();
      } else {
        return;
      }
    }
    if (silent != null) {
      silent.abandon("nothing came from the master for " + liveness.silenceMs() + " ms");
    } else {
      flush();
    }
  }

  /**
   * From the next hello on the worker has these handlers; a stream that stands is opened anew, so
   * that it comes soon.
   */
  void introduce(Collection<String> handlers) {
    SessionStream old;
    synchronized (this) {
      identity = identity.toBuilder().clearHandlers().addAllHandlers(handlers).build();
      old = stream;
      if (old == null || !welcomed || farewell != Farewell.NONE) {
        return;
      }
      disconnected(old);
    }
    old.abort("the worker has other handlers now");
  }

  /** No more offers; what nobody began goes back. */
  void drain() {
    synchronized (this) {
      if (farewell == Farewell.NONE) {
        farewell = Farewell.DRAINING;
      }
      holdings.returnUnstarted(gatherer);
      gatherer.draining();
    }
    flush();
  }

  /** Everything has an outcome: the session ends with the frame that has the last one. */
  void sayGoodbye() {
    synchronized (this) {
      holdings.collect(gatherer);
      gatherer.goodbye();
      if (!hasSaidGoodbye()) {
        farewell = Farewell.DUE;
      }
    }
    flush();
  }

  /** Hands in what gathered, and waits until it is durable; false when time ran out. */
  boolean settle(long timeoutMs) throws InterruptedException {
    synchronized (this) {
      holdings.collect(gatherer);
    }
    return awaitSettled(timeoutMs);
  }

  /**
   * Waits until every outcome handed in is durable, and a goodbye is said; false when time ran out,
   * or there will be no stream any more.
   */
  boolean awaitSettled(long timeoutMs) throws InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    flush();
    synchronized (this) {
      while (!gatherer.isSettled() || (hasSaidGoodbye() && farewell != Farewell.SENT)) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        if (leftMs <= 0 || over) {
          return false;
        }
        wait(leftMs);
      }
      return true;
    }
  }

  /** Nobody opens a stream any more: who waits for the master waits no longer. */
  synchronized void end() {
    over = true;
    notifyAll();
  }

  /** True when no outcome waits for the master's word. */
  synchronized boolean isSettled() {
    return gatherer.isSettled();
  }

  /** Closes the stream in order. */
  void close() {
    SessionStream last;
    synchronized (this) {
      last = stream;
    }
    if (last != null) {
      last.complete();
    }
  }

  /** Whether a stream stands that the master welcomed. */
  synchronized boolean isConnected() {
    return stream != null && welcomed;
  }

  /** Why a session was lost since the last call, with all that it held; null: none was. */
  synchronized @Nullable String takeLoss() {
    String last = loss;
    loss = null;
    return last;
  }

  synchronized boolean hasSaidGoodbye() {
    return farewell.compareTo(Farewell.DUE) >= 0;
  }

  /** Outcomes that the master refused because the tasks belonged to others. */
  long refused() {
    return refused.get();
  }
}
