package dev.muster.client.connection;

import dev.muster.client.retry.Backoff;
import dev.muster.common.AuthenticationException;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.common.tls.PinnedTrust;
import dev.muster.common.tls.TlsContexts;
import dev.muster.proto.v1.ServerFinal;
import io.grpc.Channel;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An authenticated connection to a master that comes back by itself.
 *
 * <pre>
 *            dial, prove              transport ends
 *   DIALLING ───────────▶ CONNECTED ─────────────────▶ DIALLING (listeners run, back-off)
 *      │ key refused, versions differ: for good
 *      ▼
 *    FAILED                  close() from anywhere ──▶ CLOSED
 * </pre>
 *
 * <p>Ask for {@link #channel()} anew for each call: a channel lives as long as its transport, and
 * calls on one that ended fail with UNAVAILABLE. After the first success the master's certificate
 * is pinned for the life of this object. Thread-safe.
 */
public final class Connection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private final ConnectOptions options;
  private final PinnedTrust trust = new PinnedTrust();
  private final @Nullable SslContext tls;
  private final Backoff backoff = Backoff.standard();
  private final List<Runnable> disconnectListeners = new CopyOnWriteArrayList<>();
  // All changes of state happen on this one thread, except close().
  private final ScheduledThreadPoolExecutor thread;
  private final IoThread io = IoThread.start();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by lock.
  private @Nullable Link link; // the current one, also while it dials
  private @Nullable ServerFinal server; // set while CONNECTED
  private @Nullable DialFailure failure; // of the last attempt; null while CONNECTED
  private CompletableFuture<Channel> authenticated = new CompletableFuture<>();
  private boolean closed;

  private Connection(ConnectOptions options) {
    this.options = options;
    this.tls = options.plaintext() ? null : TlsContexts.client(trust);
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, "muster-connection " + options.masterAddress());
              made.setDaemon(true);
              return made;
            },
            // After close() nothing is left to do.
            new ThreadPoolExecutor.DiscardPolicy());
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Begins to connect in the background and returns at once. */
  public static Connection open(ConnectOptions options) {
    Connection connection = new Connection(options);
    connection.thread.execute(connection::dial);
    return connection;
  }

  /**
   * The channel of the current transport, on which both sides have proved themselves. Waits for it
   * up to the connect timeout.
   *
   * @throws AuthenticationException when the key is refused or the certificate is not the pinned
   *     one
   * @throws UnreachableException when there is no master within that time, or this is closed
   * @throws MusterException when the master speaks another protocol version
   */
  public Channel channel() {
    return await().channel();
  }

  /**
   * What the master said of itself when it last proved itself. Waits and throws as {@link
   * #channel}.
   */
  public ServerFinal server() {
    lock.lock();
    try {
      await();
      ServerFinal found = server;
      if (found == null) {
        throw new IllegalStateException("connected without the master's last word");
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The channel as soon as there is an authenticated transport, however long that takes. Fails only
   * when trying again cannot help: with the exceptions of {@link #channel}, but not for a master
   * that is merely unreachable. Do not block in what depends on it: it runs on the connection's
   * thread.
   */
  public CompletableFuture<Channel> authenticated() {
    lock.lock();
    try {
      return authenticated.copy();
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is an authenticated transport now. */
  public boolean isConnected() {
    lock.lock();
    try {
      return server != null && !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Why the last attempt failed, for people; null while connected or during the first attempt. */
  public @Nullable MusterException lastFailure() {
    lock.lock();
    try {
      return failure == null ? null : failure.toException();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs each time an authenticated transport has ended, before it is dialled anew; not on close.
   * It runs on the connection's thread and must not block.
   */
  public void onDisconnected(Runnable listener) {
    disconnectListeners.add(listener);
  }

  /**
   * Ends the transport of this channel, if it is still the current one: for who found it dead
   * before keep-alive did, as its peer said nothing for too long. Another is dialled in the
   * background; the calls on this one fail with UNAVAILABLE.
   */
  public void abandon(Channel channel) {
    Link dead;
    lock.lock();
    try {
      if (server == null || link == null || link.channel() != channel) {
        return;
      }
      dead = link;
      server = null; // who asks for a channel from here on waits for the next one
    } finally {
      lock.unlock();
    }
    LOG.debug("the connection to the master at {} is given up", options.masterAddress());
    dead.close();
  }

  /** How to reach the master. */
  public ConnectOptions options() {
    return options;
  }

  /** Ends the connection and all calls on it. Safe to call twice. */
  @Override
  public void close() {
    Link last;
    CompletableFuture<Channel> waiting;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      last = link;
      waiting = authenticated;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    thread.shutdown();
    if (last != null) {
      last.close();
    }
    io.close();
    waiting.completeExceptionally(closedException());
  }

  private Link await() {
    long remainingNs = options.connectTimeout().toNanos();
    lock.lock();
    try {
      while (true) {
        if (closed) {
          throw closedException();
        }
        if (server != null && link != null) {
          return link;
        }
        if (failure != null && failure.kind().failsCallsAtOnce()) {
          throw failure.toException();
        }
        if (remainingNs <= 0) {
          throw timeoutException(failure);
        }
        remainingNs = changed.awaitNanos(remainingNs);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException("interrupted while waiting for the master", e);
    } finally {
      lock.unlock();
    }
  }

  /** On the connection's thread: one attempt. */
  private void dial() {
    Link attempt = Link.make(options, tls, io);
    lock.lock();
    try {
      link = attempt;
      if (closed) {
        attempt.close();
        return;
      }
    } finally {
      lock.unlock();
    }
    var unused =
        attempt
            .authenticate(options, trust)
            .whenComplete((proved, problem) -> thread.execute(() -> end(attempt, proved, problem)));
  }

  /** The attempt ended, one way or the other. */
  private void end(Link attempt, @Nullable ServerFinal proved, @Nullable Throwable problem) {
    if (proved != null) {
      connected(attempt, proved);
    } else {
      failed(attempt, problem == null ? new IllegalStateException("no outcome") : problem);
    }
  }

  private void connected(Link attempt, ServerFinal proved) {
    backoff.reset();
    CompletableFuture<Channel> waiting;
    lock.lock();
    try {
      server = proved;
      failure = null;
      waiting = authenticated;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    LOG.debug("connected to master {} at {}", proved.getVersion(), options.masterAddress());
    waiting.complete(attempt.channel());
    var unused = attempt.ended().thenRun(() -> thread.execute(this::disconnected));
  }

  private void disconnected() {
    lock.lock();
    try {
      server = null;
      link = null;
      authenticated = new CompletableFuture<>();
    } finally {
      lock.unlock();
    }
    LOG.debug("connection to the master at {} ended", options.masterAddress());
    for (Runnable listener : disconnectListeners) {
      try {
        listener.run();
      } catch (RuntimeException e) {
        LOG.error("a listener for the end of a connection failed", e);
      }
    }
    dialLater();
  }

  private void failed(Link attempt, Throwable problem) {
    attempt.close();
    Throwable cause =
        problem instanceof CompletionException && problem.getCause() != null
            ? problem.getCause()
            : problem;
    DialFailure found = DialFailure.of(cause, options);
    LOG.debug("{}", found.message());
    CompletableFuture<Channel> waiting;
    lock.lock();
    try {
      link = null;
      failure = found;
      waiting = authenticated;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (found.kind().isFinal()) {
      waiting.completeExceptionally(found.toException());
    } else {
      dialLater();
    }
  }

  private void dialLater() {
    var unused = thread.schedule(this::dial, backoff.nextMs(), TimeUnit.MILLISECONDS);
  }

  private UnreachableException closedException() {
    return new UnreachableException(
        "the connection to the master at " + options.masterAddress() + " is closed");
  }

  private MusterException timeoutException(@Nullable DialFailure last) {
    return last != null
        ? last.toException()
        : new UnreachableException(
            "master at "
                + options.masterAddress()
                + " cannot be reached: no answer within "
                + options.connectTimeout().toMillis()
                + " ms");
  }
}
