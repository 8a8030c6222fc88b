package dev.muster.worker;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.Outage;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import io.grpc.Channel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session on a stream, for ever: connects, waits for the end, connects again after a
 * growing wait. Ends by itself only for what trying again cannot change, such as a wrong key. Two
 * threads: one connects, one beats.
 */
final class SessionKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(SessionKeeper.class);
  private static final long BEAT_MS = 500;

  private final String name;
  private final WorkerSession session;
  private final WorkerLink link;
  private final Consumer<String> notices;
  private final Consumer<MusterException> onFailure;
  private final Outage outage = new Outage();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ScheduledExecutorService heart;
  private final Thread thread;
  private boolean wasConnected; // the session's thread
  private boolean wasLost; // the session's thread
  private volatile boolean stopping;
  private volatile @Nullable MusterException failure;

  /**
   * @param notices told what a person should know, on the session's thread: must not wait, nor
   *     throw
   * @param onFailure told once what ended it that nobody asked to end, as notices are
   */
  SessionKeeper(
      String name,
      WorkerSession session,
      WorkerLink link,
      Consumer<String> notices,
      Consumer<MusterException> onFailure) {
    this.name = name;
    this.session = session;
    this.link = link;
    this.notices = notices;
    this.onFailure = onFailure;
    this.heart = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "-heartbeat"));
    this.thread = daemon(this::run, "-session");
  }

  private Thread daemon(Runnable task, String suffix) {
    Thread made = new Thread(task, name + suffix);
    made.setDaemon(true);
    return made;
  }

  void start() {
    // First: the thread ends the heart when it ends, which a wrong key lets it do at once.
    var unused = heart.scheduleWithFixedDelay(this::beat, BEAT_MS, BEAT_MS, TimeUnit.MILLISECONDS);
    thread.start();
  }

  private void beat() {
    try {
      session.beat();
    } catch (RuntimeException | Error e) { // one that passed would be the last beat
      LOG.warn("{}: a heartbeat failed", name, e);
    }
  }

  private void run() {
    try {
      boolean more = true;
      while (more && !stopping) {
        more = keepOnce();
      }
    } catch (InterruptedException e) {
      LOG.debug("{} stops", name);
    } catch (MusterException e) {
      failed(e);
    } catch (RuntimeException | Error e) { // a fault of ours: better told than idle for ever
      failed(new MusterException("the session with the master failed: " + e, e));
    } finally {
      heart.shutdownNow();
      session.end();
      ended.countDown();
    }
  }

  private void failed(MusterException reason) {
    failure = reason;
    if (!stopping) {
      // No warning: whoever awaits the end prints it, and should print it alone.
      LOG.info("{} has ended: {}", name, reason.getMessage());
      notices.accept(Worker.ENDED + reason.getMessage());
      onFailure.accept(reason);
    }
  }

  /** One stream from its opening to its end; false: there shall be no other. */
  private boolean keepOnce() throws InterruptedException {
    Backoff backoff = link.backoff();
    String reason;
    try {
      Channel channel = link.channels().get();
      SessionStream stream = session.connect(channel);
      if (stream.awaitAccepted()) {
        connected();
      }
      Throwable end = stream.awaitEnd();
      session.disconnected(stream);
      if (stream.wasAbandoned()) {
        // Else the next stream would hang on the same dead transport until keep-alive ends it.
        link.abandon().accept(channel);
      }
      String loss = session.takeLoss();
      if (loss != null) {
        wasLost = true;
        warn(loss);
      }
      if (stream.wasWelcomed()) {
        backoff.reset();
      }
      if (stopping || (session.hasSaidGoodbye() && end == null)) {
        return false;
      }
      if (end != null && !RpcFailures.isRetryable(end)) {
        throw RpcFailures.of(end);
      }
      reason =
          end == null
              ? "the master closed the stream"
              : String.valueOf(RpcFailures.of(end).getMessage());
      if (stream.wasWelcomed()) {
        LOG.debug("{}: stream ended: {}", name, reason);
        Thread.sleep(backoff.nextMs());
        return true; // an outage only if the next attempt fails too
      }
    } catch (UnreachableException e) {
      reason = String.valueOf(e.getMessage());
    }
    if (stopping) {
      return false;
    }
    if (outage.failed(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))) {
      warn(reason + "; the worker keeps trying");
    }
    Thread.sleep(backoff.nextMs());
    return true;
  }

  /** Said the first time, and when something was said that makes a person wait for it. */
  private void connected() {
    boolean first = !wasConnected;
    boolean awaited = outage.recovered() || wasLost;
    wasConnected = true;
    wasLost = false;
    if (first || awaited) {
      String notice = first ? Worker.CONNECTED : Worker.CONNECTED_AGAIN;
      LOG.info("{}: {}", name, notice);
      notices.accept(notice);
    }
  }

  private void warn(String notice) {
    LOG.warn("{}: {}", name, notice);
    notices.accept(notice);
  }

  /** Ends the session's stream and both threads. */
  void stop() {
    stopping = true;
    session.close();
    heart.shutdownNow();
    thread.interrupt();
  }

  /** Waits for the end; throws what ended it, unless it was stopped. False: time ran out. */
  @CanIgnoreReturnValue
  boolean awaitEnd(long timeout, TimeUnit unit) throws InterruptedException {
    boolean over = ended.await(timeout, unit);
    MusterException reason = failure;
    if (reason != null) {
      throw reason;
    }
    return over;
  }
}
