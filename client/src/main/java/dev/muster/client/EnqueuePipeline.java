package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.RefusedException;
import dev.muster.common.TimedOutException;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Refusal;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What every enqueue of one client passes through: gathers tasks, sends them in few requests, keeps
 * them until they are answered, and sends them again, under the same numbers, on a new stream.
 *
 * <p>Natural batching without a clock: a task goes at once while little is unanswered; else it
 * waits for an answer, and leaves with all that gathered meanwhile, or when its queue has gathered
 * enough ({@link GatheredBatches} has the rule). Whoever finds that something may go sends it: a
 * caller, or the event loop that brought an answer. There is no thread in between.
 *
 * <p>Thread-safe. Callers wait while {@link #HELD_BYTES_MAX} are unacknowledged.
 */
final class EnqueuePipeline {
  /** Unacknowledged bytes that are held before callers wait. */
  static final long HELD_BYTES_MAX = 16L << 20;

  /** A frame takes no more requests beyond this; a single one may still be larger. */
  static final long FRAME_BYTES = 64 << 10;

  /** A batch and what the master said of it. */
  private record Answer(EnqueueBatch batch, EnqueueReply reply) {
    void tell() {
      if (reply.hasRefusal()) {
        batch.failed(RefusedException.of(reply.getRefusal()));
      } else {
        batch.durable(reply);
      }
    }
  }

  private final Object lock = new Object();
  private final EnqueueBatch[] unanswered = new EnqueueBatch[Limits.OUTSTANDING_REQUESTS_MAX];

  @GuardedBy("lock")
  private final RequestWindow window;

  @GuardedBy("lock")
  private final GatheredBatches gathered = new GatheredBatches();

  @GuardedBy("lock")
  private long heldBytes;

  @GuardedBy("lock")
  private int waiting;

  @GuardedBy("lock")
  private boolean sending;

  @GuardedBy("lock")
  private @Nullable EnqueueConnection connection;

  /** The next number to be sent on this connection; below the window's next one: send it again. */
  @GuardedBy("lock")
  private long cursor;

  @GuardedBy("lock")
  private @Nullable MusterException ended;

  EnqueuePipeline(RequestWindow window) {
    this.window = window;
  }

  /**
   * Hands a task over; returns before it is durable.
   *
   * @param shared what the request has beside number, payloads and keys; tasks with equal ones
   *     travel together, quickest when it is the same object
   * @throws TimedOutException when there was no room in time; the task was not added
   */
  void add(
      EnqueueRequest shared, ByteString payload, TaskKeys keys, Receipt receipt, Duration timeout)
      throws InterruptedException {
    int cost = EnqueueBatch.cost(payload, keys);
    synchronized (lock) {
      if (ended != null) {
        throw ended;
      }
      if (heldBytes > 0 && heldBytes + cost > HELD_BYTES_MAX) {
        awaitRoom(cost, TimeLimit.of(timeout));
      }
      if (gathered.isEmpty() && connection == null) {
        lock.notifyAll(); // the connecting thread sleeps while there is nothing to send
      }
      heldBytes += gathered.add(shared, payload, keys, cost, receipt);
      if (sending || !maySend()) {
        return;
      }
      sending = true;
    }
    send();
  }

  @GuardedBy("lock")
  private void awaitRoom(int cost, Deadline deadline) throws InterruptedException {
    waiting++;
    try {
      while (heldBytes > 0 && heldBytes + cost > HELD_BYTES_MAX) {
        long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
        if (leftMs <= 0) {
          throw new TimedOutException(
              "the master acknowledged too little in time: "
                  + heldBytes
                  + " bytes wait; this task was not added");
        }
        lock.wait(leftMs);
        if (ended != null) {
          throw ended;
        }
      }
    } finally {
      waiting--;
    }
  }

  /** A new stream stands: everything unanswered goes again, in order, then what gathered. */
  void connected(EnqueueConnection fresh) {
    synchronized (lock) {
      if (fresh.isOver() || ended != null) {
        return; // it broke while it was opened
      }
      connection = fresh;
      cursor = window.answeredBelow();
    }
    wake();
  }

  /** Forgets a stream that ended; a later one gets what it left unanswered. */
  void disconnected(EnqueueConnection old) {
    synchronized (lock) {
      if (connection == old) {
        connection = null;
        lock.notifyAll();
      }
    }
  }

  /** Waits until a stream is needed and there is none; false when the pipeline is closed. */
  boolean awaitNeed() throws InterruptedException {
    synchronized (lock) {
      while (ended == null && (connection != null || (gathered.isEmpty() && window.isEmpty()))) {
        lock.wait();
      }
      return ended == null;
    }
  }

  /** Waits for a back-off, or less when the pipeline is closed. */
  void pause(long waitMs) throws InterruptedException {
    Deadline deadline = Deadline.after(waitMs, TimeUnit.MILLISECONDS);
    synchronized (lock) {
      long leftMs = waitMs;
      while (ended == null && leftMs > 0) {
        lock.wait(leftMs);
        leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
      }
    }
  }

  /** The stream may have room: sends what may go. */
  void wake() {
    synchronized (lock) {
      if (sending || !maySend()) {
        return;
      }
      sending = true;
    }
    send();
  }

  @GuardedBy("lock")
  private boolean maySend() {
    return connection != null && connection.isReady() && hasNext();
  }

  @GuardedBy("lock")
  private boolean hasNext() {
    return cursor < window.next() || (gathered.mayGo() && window.hasRoom());
  }

  /** One thread at a time, the one that set {@link #sending}. */
  private void send() {
    while (true) {
      EnqueueConnection to;
      EnqueueFrame frame;
      synchronized (lock) {
        to = connection;
        if (to == null || !maySend()) {
          sending = false;
          return;
        }
        frame = frame();
      }
      if (frame.getRequestsCount() > 0) {
        to.send(frame);
      }
    }
  }

  /** What goes next: first what goes again; nothing when all of that has been answered. */
  @GuardedBy("lock")
  private EnqueueFrame frame() {
    EnqueueFrame.Builder frame = EnqueueFrame.newBuilder();
    long bytes = 0;
    while (hasNext()) {
      boolean again = cursor < window.next();
      EnqueueBatch batch = again ? unanswered[slot(cursor)] : gathered.first();
      if (batch != null) {
        bytes += batch.bytes();
        if (frame.getRequestsCount() > 0 && bytes > FRAME_BYTES) {
          break;
        }
        frame.addRequests(again ? batch.request() : number());
      }
      cursor++;
    }
    return frame.build();
  }

  @GuardedBy("lock")
  private EnqueueRequest number() {
    EnqueueBatch batch = gathered.next();
    unanswered[slot(cursor)] = batch;
    batch.number(window.open());
    return batch.request();
  }

  /**
   * Answers came.
   *
   * @return what the master cannot take now: the stream should be opened again; null when there is
   *     no such
   */
  @Nullable Refusal answered(EnqueueConnection from, EnqueueReplies replies) {
    Refusal later = null;
    List<Answer> answers = new ArrayList<>(replies.getRepliesCount());
    boolean goOn;
    synchronized (lock) {
      for (int i = 0; i < replies.getRepliesCount(); i++) {
        EnqueueReply reply = replies.getReplies(i);
        if (reply.hasRefusal() && RpcFailures.isRetryable(reply.getRefusal().getReason())) {
          later = reply.getRefusal();
          continue;
        }
        EnqueueBatch batch = from == connection ? find(reply.getNumber()) : null;
        if (batch != null) { // else of a stream that is given up: the new one brings the same
          forget(reply.getNumber(), batch);
          answers.add(new Answer(batch, reply));
        }
      }
      goOn = later == null && !sending && maySend();
      sending |= goOn;
    }
    answers.forEach(Answer::tell);
    if (goOn) {
      send();
    }
    return later;
  }

  @GuardedBy("lock")
  private @Nullable EnqueueBatch find(long number) {
    boolean open = number >= window.answeredBelow() && number < window.next();
    return open ? unanswered[slot(number)] : null;
  }

  @GuardedBy("lock")
  private void forget(long number, EnqueueBatch batch) {
    unanswered[slot(number)] = null;
    gathered.ended(batch);
    window.answered(number);
    heldBytes -= batch.bytes();
    if (waiting > 0 || heldBytes == 0) {
      lock.notifyAll();
    }
  }

  /**
   * Gives up what waits, for a reason that trying again does not change; the pipeline goes on.
   *
   * @param alsoUnsent false: only what was sent, for it may be the cause
   */
  void fail(MusterException reason, boolean alsoUnsent) {
    List<EnqueueBatch> lost = new ArrayList<>();
    synchronized (lock) {
      for (long n = window.answeredBelow(); n < window.next(); n++) {
        EnqueueBatch batch = unanswered[slot(n)];
        if (batch != null) {
          forget(n, batch);
          lost.add(batch);
        }
      }
      if (alsoUnsent) {
        heldBytes -= gathered.bytes();
        lost.addAll(gathered.clear());
      }
      lock.notifyAll();
    }
    for (EnqueueBatch batch : lost) {
      batch.failed(reason);
    }
  }

  /** Waits until everything is answered; false when the deadline came first. */
  boolean awaitEmpty(Deadline deadline) throws InterruptedException {
    synchronized (lock) {
      while (heldBytes > 0) {
        long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
        if (leftMs <= 0) {
          return false;
        }
        lock.wait(leftMs);
      }
      return true;
    }
  }

  /** Takes nothing more, fails what waits, ends the stream. */
  void close() {
    MusterException closed = new MusterException("the client is closed");
    EnqueueConnection last;
    synchronized (lock) {
      if (ended != null) {
        return;
      }
      ended = closed;
      last = connection;
      connection = null;
      lock.notifyAll();
    }
    fail(closed, true);
    if (last != null) {
      last.end();
    }
  }

  private static int slot(long number) {
    return (int) (number % Limits.OUTSTANDING_REQUESTS_MAX);
  }
}
