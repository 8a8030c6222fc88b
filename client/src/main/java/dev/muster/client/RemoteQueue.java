package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.RefusedException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.CodecException;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.AbstractQueue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A queue on the master, used like any {@link BlockingQueue}, by many processes at once.
 *
 * <pre>{@code
 * RemoteQueue<String> names = muster.queue("names", String.class);
 * names.put("Ada");           // durable when it returns
 * String name = names.take(); // removed, durably, when it returns: nobody else gets it
 * }</pre>
 *
 * <p>An element that was taken and then lost by a crash of the taker is gone: to keep it until it
 * is dealt with, consume the queue with a worker or a {@code Consumer}. Elements keep their order;
 * an entry that is not of type {@code E} becomes a failed task and {@code take} throws {@link
 * CodecException}. A queue may hold at most a number of waiting elements (see {@link
 * Muster#queue(String, Class, long)}): then {@code put} waits and {@code offer} may return false.
 *
 * <p>Not offered, because a remote queue cannot do it truthfully: {@link #peek} and {@link
 * #element} (looking would have to lease, and so hide, the element), {@link #iterator} and all that
 * needs it ({@code contains}, {@code remove(Object)}, {@code toArray}, {@code stream}, ...). They
 * throw {@link UnsupportedOperationException}.
 *
 * <p>Every method may throw a {@link MusterException} when the master stays unreachable or refuses.
 * Thread-safe. An interrupt never loses an element: what was leased goes back; a {@code put} that
 * was under way either returns (it was added, the interrupt flag is set) or throws (it was not).
 *
 * @param <E> the elements; never null
 */
public final class RemoteQueue<E> extends AbstractQueue<E> implements BlockingQueue<E> {
  /** A waiting put asks again so often, ms: short, because it must not leave its answer behind. */
  private static final int PUT_SLICE_MS = 1_000;

  private static final Deadline.Ticker CLOCK = Deadline.getSystemTicker();
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final Muster muster;
  private final String name;
  private final Codec<E> codec;
  private final TaskSpec spec;
  private final LeaseTaker<E> taker;

  RemoteQueue(Muster muster, String name, Codec<E> codec) {
    this.muster = muster;
    this.name = QueueName.check(name);
    this.codec = codec;
    this.spec = TaskSpec.of(name, codec.contentType(), ResultPolicy.RESULT_POLICY_DROP);
    this.taker = muster.taker(name, codec);
  }

  /** The queue's name. */
  public String name() {
    return name;
  }

  /** Adds an element; waits while the queue is full. Durable when it returns. */
  @Override
  public void put(E element) throws InterruptedException {
    boolean added = offer(element, FOREVER);
    if (!added) {
      throw new IllegalStateException("a hundred years are over");
    }
  }

  /** Adds an element unless the queue is full. Durable when it returns true. */
  @Override
  public boolean offer(E element) {
    ByteString payload = encode(element);
    boolean added = enqueue(List.of(payload)) == null;
    return added;
  }

  @Override
  @CanIgnoreReturnValue
  public boolean offer(E element, long timeout, TimeUnit unit) throws InterruptedException {
    return offer(element, Duration.of(timeout, unit.toChronoUnit()));
  }

  private boolean offer(E element, Duration timeout) throws InterruptedException {
    ByteString payload = encode(element);
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (enqueue(List.of(payload)) == null) {
      return true;
    }
    Deadline deadline = TimeLimit.of(timeout);
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
      if (leftMs <= 0) {
        return false;
      }
      if (enqueueWaiting(payload, (int) Math.min(leftMs, PUT_SLICE_MS))) {
        return true;
      }
    }
  }

  /** Null: all were added; else the refusal, which is QUEUE_FULL. */
  private @Nullable RefusedException enqueue(List<ByteString> payloads) {
    DurableIds ids = new DurableIds(payloads.size());
    boolean interrupted = false;
    Deadline deadline = TimeLimit.of(muster.requestTimeout());
    try {
      for (int i = 0; i < payloads.size(); ) {
        try {
          muster
              .pipeline()
              .add(spec.request(), payloads.get(i), TaskKeys.NONE, ids, muster.requestTimeout());
          i++;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      while (true) {
        try {
          var unused = ids.await(deadline);
          return null;
        } catch (InterruptedException e) {
          interrupted = true; // the answer decides, not the interrupt
        }
      }
    } catch (RefusedException e) {
      if (e.reason() == RefusalReason.REFUSAL_REASON_QUEUE_FULL) {
        return e;
      }
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean enqueueWaiting(ByteString payload, int waitMs) {
    EnqueueRequest.Builder request =
        spec.request().toBuilder().addPayloads(payload).setWaitMs(waitMs);
    EnqueueReply reply;
    try {
      reply =
          muster
              .waitingPuts()
              .callOnceUninterruptibly(
                  TasksGrpc.getEnqueueMethod(),
                  id -> request.setRequest(id).build(),
                  TimeLimit.of(muster.requestTimeout()));
    } catch (RefusedException e) {
      if (e.reason() == RefusalReason.REFUSAL_REASON_QUEUE_FULL) {
        return false;
      }
      throw e;
    }
    if (!reply.hasRefusal()) {
      return true;
    }
    if (reply.getRefusal().getReason() == RefusalReason.REFUSAL_REASON_QUEUE_FULL) {
      return false;
    }
    throw RefusedException.of(reply.getRefusal());
  }

  /**
   * Adds all in few requests.
   *
   * @throws IllegalStateException when the queue was full; some may have been added
   */
  @Override
  @CanIgnoreReturnValue
  public boolean addAll(Collection<? extends E> elements) {
    if (elements == this) {
      throw new IllegalArgumentException("a queue cannot be added to itself");
    }
    List<ByteString> payloads = new ArrayList<>(elements.size());
    for (E element : elements) {
      payloads.add(encode(element));
    }
    RefusedException full = enqueue(payloads);
    if (full != null) {
      throw new IllegalStateException("Queue full", full);
    }
    return !payloads.isEmpty();
  }

  /** Takes the head; waits until there is one. Removed, durably, when it returns. */
  @Override
  public E take() throws InterruptedException {
    while (true) {
      List<E> taken = taker.take(1, TimeLimit.of(FOREVER));
      if (!taken.isEmpty()) {
        return taken.get(0);
      }
    }
  }

  /** The head, or null when the queue is empty. */
  @Override
  public @Nullable E poll() {
    return first(takeNow(1));
  }

  @Override
  public @Nullable E poll(long timeout, TimeUnit unit) throws InterruptedException {
    return first(taker.take(1, Deadline.after(Math.max(0, timeout), unit, CLOCK)));
  }

  private @Nullable E first(List<E> taken) {
    return taken.isEmpty() ? null : taken.get(0);
  }

  private List<E> takeNow(int max) {
    try {
      return taker.take(max, Deadline.after(0, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("taking from queue " + name + "; nothing was taken");
    }
  }

  @Override
  public int drainTo(Collection<? super E> into) {
    return drainTo(into, Integer.MAX_VALUE);
  }

  /** Takes what is there, many in one request. */
  @Override
  @CanIgnoreReturnValue
  public int drainTo(Collection<? super E> into, int max) {
    Objects.requireNonNull(into);
    if (into == this) {
      throw new IllegalArgumentException("a queue cannot be drained into itself");
    }
    int drained = 0;
    while (drained < max) {
      List<E> taken = takeNow(Math.min(max - drained, Limits.TAKE_MAX));
      if (taken.isEmpty()) {
        break;
      }
      into.addAll(taken);
      drained += taken.size();
    }
    return drained;
  }

  /** Takes and forgets what is there now; what others add meanwhile may stay. */
  @Override
  public void clear() {
    while (!takeNow(Limits.TAKE_MAX).isEmpty()) {
      // again
    }
  }

  /** How many elements wait: not those that somebody has leased. At most Integer.MAX_VALUE. */
  @Override
  public int size() {
    return (int) Math.min(Integer.MAX_VALUE, muster.queue(name).map(this::waiting).orElse(0L));
  }

  /** Room until the maximum length; Integer.MAX_VALUE when the queue has none. */
  @Override
  public int remainingCapacity() {
    QueueInfo info = muster.queue(name).orElse(QueueInfo.getDefaultInstance());
    if (info.getSettings().getMaxLength() == 0) {
      return Integer.MAX_VALUE;
    }
    long room = Math.max(0, info.getSettings().getMaxLength() - waiting(info));
    return (int) Math.min(Integer.MAX_VALUE, room);
  }

  private long waiting(QueueInfo info) {
    return info.getReady() + info.getDelayed();
  }

  /** Not supported: see the class. */
  @Override
  public E peek() {
    throw new UnsupportedOperationException(
        "a remote queue cannot show its head without hiding it from others: use poll");
  }

  /** Not supported: see the class. */
  @Override
  public Iterator<E> iterator() {
    throw new UnsupportedOperationException(
        "a remote queue cannot be walked through: use drainTo, or ask the master for its tasks");
  }

  @Override
  public String toString() {
    return "RemoteQueue[" + name + "]";
  }

  private ByteString encode(E element) {
    return Payloads.encode(codec, Objects.requireNonNull(element, "element"), spec);
  }
}
