package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Offers that wait for a slot. Thread-safe; taking is without a lock while there is work. */
final class LocalQueue {
  private final Queue<OfferSlice> slices = new ConcurrentLinkedQueue<>();

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private int idle;

  void add(OfferSlice slice) {
    slices.add(slice);
    synchronized (this) {
      if (idle > 0) {
        notifyAll();
      }
    }
  }

  /** The front one, possibly all claimed; null when there is none. */
  @Nullable OfferSlice head() {
    return slices.peek();
  }

  /** All of it is claimed. */
  void remove(OfferSlice slice) {
    var unused = slices.remove(slice);
  }

  Iterable<OfferSlice> all() {
    return slices;
  }

  /** Waits for work; false: stopped, and there is none. */
  synchronized boolean awaitWork() throws InterruptedException {
    idle++;
    try {
      while (slices.isEmpty()) {
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

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
