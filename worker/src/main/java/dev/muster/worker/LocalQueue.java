package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Offers that wait for a slot, in order, and the slots that are free. A task that costs more than
 * is free holds up those behind it, so that it is not passed over for ever. Thread-safe; taking is
 * without a lock while there is work.
 */
final class LocalQueue {
  private final Queue<OfferSlice> slices = new ConcurrentLinkedQueue<>();
  private final int slots;
  private final AtomicInteger free;

  /**
   * Not this object's monitor: in Java 21 to 23 a virtual thread that waits on one holds up a
   * thread of the system, and a few hundred idle slots would leave none for those that run.
   */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition mayHaveWork = lock.newCondition();

  @GuardedBy("lock")
  private boolean stopped;

  /**
   * How many wait. Whoever changes what is free or first looks here afterwards, whoever waits
   * counts itself before it looks there; so one of them sees the other.
   */
  private final AtomicInteger idle = new AtomicInteger();

  private volatile boolean held;
  private volatile boolean closed;

  LocalQueue(int slots) {
    this.slots = slots;
    this.free = new AtomicInteger(slots);
  }

  void add(OfferSlice slice) {
    slices.add(slice);
    changed();
  }

  /** The front one, possibly all claimed; null when there is none. */
  @Nullable OfferSlice head() {
    return slices.peek();
  }

  /** Nobody may claim, until it is let go. */
  void hold() {
    held = true;
  }

  void letGo() {
    held = false;
    changed();
  }

  /** Nobody may claim any more: what comes from here on goes back. */
  void close() {
    closed = true;
  }

  /** Whether nobody may claim now. */
  boolean isHeld() {
    return held || closed;
  }

  /** All of it is claimed. */
  void remove(OfferSlice slice) {
    if (slices.remove(slice)) {
      changed(); // the next one may fit where this one did not
    }
  }

  /**
   * Slots to have for a task of this slice; one that no worker of this size should get takes all.
   */
  int weight(OfferSlice slice) {
    return Math.min(slots, slice.cost());
  }

  /** Takes so many free slots, or none. */
  boolean acquire(int count) {
    int seen = free.get();
    while (seen >= count) {
      if (free.compareAndSet(seen, seen - count)) {
        return true;
      }
      seen = free.get();
    }
    return false;
  }

  void release(int count) {
    if (count > 0) {
      free.addAndGet(count);
      changed();
    }
  }

  /** Looks again on behalf of those who wait. */
  void changed() {
    if (idle.get() > 0) {
      wake();
    }
  }

  private void wake() {
    lock.lock();
    try {
      mayHaveWork.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Iterable<OfferSlice> all() {
    return slices;
  }

  /** Waits for work that fits; false: stopped, and there is none. */
  boolean awaitWork() throws InterruptedException {
    lock.lock();
    try {
      idle.incrementAndGet();
      while (!hasWork()) {
        if (stopped) {
          return false;
        }
        mayHaveWork.await();
      }
      return true;
    } finally {
      idle.decrementAndGet();
      lock.unlock();
    }
  }

  private boolean hasWork() {
    OfferSlice head = slices.peek();
    return head != null && !isHeld() && (head.isExhausted() || free.get() >= weight(head));
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      mayHaveWork.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
