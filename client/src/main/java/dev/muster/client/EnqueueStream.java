package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.common.codec.Codec;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Adds many tasks fast: {@link #add} returns before the task is durable, {@link #flush} when all
 * are. The stream holds nothing for a task but its payload until it is acknowledged; when the
 * master is slower than the caller, {@code add} waits.
 *
 * <pre>{@code
 * try (EnqueueStream<Order> orders = muster.tasks("orders", Order.class).stream()) {
 *   for (Order order : all) {
 *     orders.add(order);
 *   }
 * } // all are durable here
 * }</pre>
 *
 * <p>Thread-safe; tasks that one thread adds keep their order.
 */
public final class EnqueueStream<T> implements AutoCloseable {
  private final EnqueuePipeline pipeline;
  private final TaskSpec spec;
  private final Codec<T> codec;
  private final Duration timeout;
  private final Progress progress = new Progress();

  EnqueueStream(EnqueuePipeline pipeline, TaskSpec spec, Codec<T> codec, Duration timeout) {
    this.pipeline = pipeline;
    this.spec = spec;
    this.codec = codec;
    this.timeout = timeout;
  }

  /**
   * Hands a task over. Waits while too much is unacknowledged, at most the client's request
   * time-out (default 60 s).
   *
   * @throws MusterException when an earlier task of this stream could not be added, or this one
   *     found no room in time
   */
  public void add(T payload) {
    hand(payload, spec.keys());
  }

  /** As {@link #add(Object)}, with keys of its own. */
  public void add(T payload, TaskKeys keys) {
    hand(payload, keys.or(spec.keys()));
  }

  private void hand(T payload, TaskKeys keys) {
    var bytes = Payloads.encode(codec, payload, spec);
    progress.check();
    try {
      pipeline.add(spec.request(), bytes, keys, progress, timeout);
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("a task was being added; it was not added");
    }
  }

  /**
   * Waits until everything that was added is durable, however long that takes, as long as the
   * master acknowledges something within each request time-out (default 60 s).
   *
   * @throws MusterException when a task could not be added
   */
  public void flush() {
    try {
      progress.awaitAnswers(timeout);
      progress.check();
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("tasks were being made durable; they may or may not be");
    }
  }

  /** How many tasks of this stream are durable, whether added or there before. */
  public long durable() {
    return progress.durable();
  }

  /** How many tasks of this stream were there before: others with the same unique keys. */
  public long existing() {
    return progress.existing();
  }

  /**
   * Flushes. The stream may be used again; closing twice is harmless. What {@link #add} or {@link
   * #flush} has thrown already is not thrown again: at the end of a try-with-resources it is on its
   * way.
   */
  @Override
  public void close() {
    try {
      progress.awaitAnswers(timeout);
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("tasks were being made durable; they may or may not be");
    }
    if (!progress.isTold()) {
      progress.check();
    }
  }

  /** Counts only: one call for a whole run of tasks. */
  private static final class Progress implements Receipt {
    /** Written under the pipeline's lock only: an ordered write is enough. */
    private final AtomicLong added = new AtomicLong();

    @GuardedBy("this")
    private long answered;

    @GuardedBy("this")
    private long durable;

    @GuardedBy("this")
    private long existing;

    private volatile @Nullable MusterException failure;

    /** The failure was thrown to the caller. */
    private volatile boolean told;

    void check() {
      MusterException failed = failure;
      if (failed != null) {
        told = true;
        throw failed;
      }
    }

    boolean isTold() {
      return told;
    }

    @Override
    public long joined() {
      long position = added.getPlain();
      added.setRelease(position + 1);
      return position;
    }

    @Override
    public synchronized void durable(long position, int count, long firstId) {
      durable += count;
      answered += count;
      notifyAll();
    }

    @Override
    public synchronized void found(long position, long id) {
      existing++;
      durable(position, 1, id);
    }

    @Override
    public synchronized void failed(long position, int count, MusterException reason) {
      failure = failure == null ? reason : failure;
      answered += count;
      notifyAll();
    }

    synchronized long durable() {
      return durable;
    }

    synchronized long existing() {
      return existing;
    }

    /** Waits until everything that was added is answered, one way or the other. */
    synchronized void awaitAnswers(Duration timeout) throws InterruptedException {
      Deadline deadline = TimeLimit.of(timeout);
      long seen = answered;
      while (answered < added.get()) {
        long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
        if (leftMs <= 0) {
          throw new TimedOutException(
              "the master acknowledged nothing for "
                  + timeout.toSeconds()
                  + " s: "
                  + (added.get() - answered)
                  + " tasks may or may not have been added");
        }
        wait(leftMs);
        if (answered != seen) {
          seen = answered;
          deadline = TimeLimit.of(timeout);
        }
      }
    }
  }
}
