package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
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

  @GuardedBy("this")
  private boolean stopped;

  /**
   * Written under the lock. Volatile: whoever changes what is free or first looks here afterwards,
   * whoever waits counts itself before it looks there; so one of them sees the other.
   */
  private volatile int idle;

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
    if (idle > 0) {
      wake();
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  Iterable<OfferSlice> all() {
    return slices;
  }

  /** Waits for work that fits; false: stopped, and there is none. */
  @SuppressWarnings("NonAtomicOperationOnVolatileField") // written under the lock only
  synchronized boolean awaitWork() throws InterruptedException {
    idle++;
    try {
      while (!hasWork()) {
        if (stopped) {
          return false;
        }
        wait();
      }
      return true;
    } finally {
      idle--;
    }
  }

  private boolean hasWork() {
    OfferSlice head = slices.peek();
    return head != null && !isHeld() && (head.isExhausted() || free.get() >= weight(head));
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
