package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.StopAttempt;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer holds: offers that wait for the caller, deliveries that wait for its word, and
 * outcomes that wait for a frame. Lock order: session, then this.
 */
final class Deliveries<E> implements Holdings {
  private static final int MANY_OUTCOMES = 1_024;

  private final Codec<E> codec;
  private final int credit;

  @GuardedBy("this")
  private final Deque<OfferSlice> waiting = new ArrayDeque<>();

  @GuardedBy("this")
  private final Deque<SettlementColumns> outcomes = new ArrayDeque<>();

  @GuardedBy("this")
  private @Nullable Delivery<E> first;

  @GuardedBy("this")
  private @Nullable Delivery<E> last;

  /** The first held one that was not named as started; null: all were. */
  @GuardedBy("this")
  private @Nullable Delivery<E> untold;

  @GuardedBy("this")
  private int freed;

  /** Cost of what was offered and has no outcome. */
  @GuardedBy("this")
  private int unfinished;

  @GuardedBy("this")
  private boolean stopped;

  /** Nothing more comes, and no word goes out any more: why. */
  @GuardedBy("this")
  private @Nullable MusterException failure;

  private @Nullable WorkerSession session;

  Deliveries(Codec<E> codec, int credit) {
    this.codec = codec;
    this.credit = credit;
  }

  /** Before anything else. */
  void attach(WorkerSession session) {
    this.session = session;
  }

  /**
   * The next one; waits at most so long; null: none came, or the consumer is closed.
   *
   * @throws MusterException when nothing can come any more
   */
  @Nullable Delivery<E> take(long timeoutNanos) throws InterruptedException {
    Delivery<E> next = claim();
    if (next != null || timeoutNanos <= 0) {
      return next;
    }
    tell(true); // nothing to do: what gathered must not wait for company
    long endNanos = System.nanoTime() + timeoutNanos;
    while (true) {
      synchronized (this) {
        while (waiting.isEmpty() && !stopped && failure == null) {
          long leftNanos = endNanos - System.nanoTime();
          if (leftNanos <= 0) {
            return null;
          }
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(leftNanos, 1_000_000));
        }
        if (stopped) {
          return null;
        }
      }
      next = claim();
      if (next != null) {
        return next;
      }
    }
  }

  private @Nullable Delivery<E> claim() {
    Delivery<E> claimed;
    synchronized (this) {
      checkNotFailed();
      OfferSlice slice;
      int index;
      do {
        slice = waiting.peekFirst();
        if (slice == null) {
          return null;
        }
        index = slice.claim();
        if (index < 0) {
          waiting.removeFirst();
        }
      } while (index < 0 || slice.isCalledOff(index));
      E value;
      try {
        value = codec.decode(slice.offer().getPayloads(index));
      } catch (RuntimeException e) {
        long id = slice.offer().getIds(index);
        columns().failed(id, slice.offer().getToken(), Failures.undecodable(e), 0, 0, null);
        free(slice.cost());
        throw e;
      }
      claimed = new Delivery<>(this, slice, index, value);
      link(claimed);
    }
    tell(false);
    return claimed;
  }

  /** The session has ended by itself: whoever waits, or takes, hears why. */
  synchronized void fail(MusterException reason) {
    failure = reason;
    notifyAll();
  }

  /** Throws what ended the session. */
  synchronized void checkNotFailed() {
    if (failure != null) {
      throw failure;
    }
  }

  @GuardedBy("this")
  private void link(Delivery<E> delivery) {
    delivery.held = true;
    delivery.before = last;
    if (last == null) {
      first = delivery;
    } else {
      last.after = delivery;
    }
    last = delivery;
    if (untold == null) {
      untold = delivery;
    }
  }

  @GuardedBy("this")
  private void unlink(Delivery<E> delivery) {
    delivery.held = false;
    if (untold == delivery) {
      untold = delivery.after;
    }
    if (delivery.before == null) {
      first = delivery.after;
    } else {
      delivery.before.after = delivery.after;
    }
    if (delivery.after == null) {
      last = delivery.before;
    } else {
      delivery.after.before = delivery.before;
    }
  }

  void settle(Delivery<E> delivery, Consumer<SettlementColumns> outcome) {
    boolean much;
    synchronized (this) {
      if (!delivery.held) {
        return;
      }
      unlink(delivery);
      free(delivery.cost());
      SettlementColumns columns = columns();
      outcome.accept(columns);
      much = outcomes.size() > 1 || columns.count() >= MANY_OUTCOMES;
    }
    tell(much);
  }

  @GuardedBy("this")
  private SettlementColumns columns() {
    SettlementColumns columns = outcomes.peekLast();
    if (columns == null || columns.bytes() >= SettlementColumns.PREFERRED_BYTES) {
      columns = new SettlementColumns();
      outcomes.addLast(columns);
    }
    return columns;
  }

  @GuardedBy("this")
  private void free(int count) {
    freed += count;
    unfinished -= count;
  }

  private void tell(boolean much) {
    if (session != null) {
      session.gathered(much);
    }
  }

  @Override
  public synchronized void offered(Collection<Offer> offers) {
    for (Offer offer : offers) {
      OfferSlice slice = new OfferSlice(offer);
      unfinished += offer.getIdsCount() * slice.cost();
      waiting.addLast(slice);
    }
    notifyAll();
  }

  @Override
  public synchronized void collect(FrameGatherer into) {
    outcomes.forEach(into::settle);
    outcomes.clear();
    into.credit(freed);
    freed = 0;
    for (Delivery<E> next = untold; next != null; next = next.after) {
      into.started(next.taskId(), next.token());
    }
    untold = null;
  }

  @Override
  public synchronized int restart(HeldAttempts into) {
    for (Delivery<E> next = first; next != null; next = next.after) {
      into.add(next.taskId(), next.token());
    }
    for (SettlementColumns columns : outcomes) {
      into.add(columns.build());
    }
    for (OfferSlice slice : waiting) {
      into.add(slice);
    }
    untold = first;
    freed = 0;
    return credit - unfinished;
  }

  @Override
  public synchronized void drop() {
    while (first != null) {
      unlink(first);
    }
    waiting.clear();
    outcomes.clear();
    unfinished = 0;
    freed = 0;
  }

  @Override
  public synchronized void lose(Set<Long> ids) {
    // What belongs to others by now is delivered all the same; its outcome is refused.
  }

  @Override
  public synchronized void stop(Collection<StopAttempt> attempts) {
    for (StopAttempt attempt : attempts) {
      Delivery<E> held = held(attempt);
      if (held != null) {
        unlink(held);
        cancelled(attempt, held.cost());
      } else {
        for (OfferSlice slice : waiting) {
          stopWaiting(slice, attempt);
        }
      }
    }
  }

  @GuardedBy("this")
  private @Nullable Delivery<E> held(StopAttempt attempt) {
    for (Delivery<E> next = first; next != null; next = next.after) {
      if (next.taskId() == attempt.getId() && next.token() == attempt.getToken()) {
        return next;
      }
    }
    return null;
  }

  @GuardedBy("this")
  private void stopWaiting(OfferSlice slice, StopAttempt attempt) {
    if (slice.offer().getToken() == attempt.getToken()) {
      for (int i : slice.waiting()) {
        if (slice.offer().getIds(i) == attempt.getId()) {
          slice.callOff(i);
          cancelled(attempt, slice.cost());
        }
      }
    }
  }

  @GuardedBy("this")
  private void cancelled(StopAttempt attempt, int cost) {
    columns().cancelled(attempt.getId(), attempt.getToken());
    free(cost);
  }

  @Override
  public void stacks(List<Long> ids, Reports into) {
    // No handler runs here: whoever asks hears that at once.
    ids.forEach(id -> into.stack(StackDump.newBuilder().setId(id).build()));
  }

  @Override
  public synchronized void returnUnstarted(FrameGatherer into) {
    SettlementColumns returned = new SettlementColumns();
    for (OfferSlice slice : waiting) {
      for (int i : slice.claimRest()) {
        returned.returned(slice.offer().getIds(i), slice.offer().getToken());
        free(slice.cost());
      }
    }
    waiting.clear();
    into.settle(returned);
  }

  /** The consumer goes: what has no word yet goes back; those who wait for more hear null. */
  synchronized void stop() {
    while (first != null) {
      Delivery<E> held = first;
      unlink(held);
      columns().returned(held.taskId(), held.token());
      free(held.cost());
    }
    stopped = true;
    notifyAll();
  }
}
