package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts the handler's thread when one item of a chunk runs too long. One timer for a chunk,
 * however many items it has. The thread is interrupted only while an item runs, and its flag is
 * cleared with the item's end.
 */
final class ItemWatch {
  private final SideThreads aside;
  private final long limitNanos;

  @GuardedBy("this")
  private @Nullable Thread thread;

  @GuardedBy("this")
  private long startNanos;

  @GuardedBy("this")
  private boolean overran;

  @GuardedBy("this")
  private boolean over;

  /** 0 ms: without limit. */
  ItemWatch(SideThreads aside, long limitMs) {
    this.aside = aside;
    this.limitNanos = TimeUnit.MILLISECONDS.toNanos(limitMs);
    if (limitMs > 0) {
      aside.after(limitMs, this::look);
    }
  }

  /** An item begins, on this thread. */
  void begin() {
    if (limitNanos > 0) {
      synchronized (this) {
        thread = Thread.currentThread();
        startNanos = System.nanoTime();
        overran = false;
      }
    }
  }

  /** The item is over; returns whether its thread was interrupted because it ran too long. */
  boolean end() {
    if (limitNanos == 0) {
      return false;
    }
    synchronized (this) {
      thread = null;
      if (overran) {
        var unused = Thread.interrupted(); // was meant for the item that is over
      }
      return overran;
    }
  }

  /** The chunk is over. */
  synchronized void close() {
    over = true;
  }

  private synchronized void look() {
    if (over) {
      return;
    }
    long leftNanos = limitNanos;
    if (thread != null) {
      leftNanos -= System.nanoTime() - startNanos;
      if (leftNanos <= 0) {
        overran = true;
        thread.interrupt();
        leftNanos = limitNanos; // again, should it go on
      }
    }
    aside.after(TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1, this::look);
  }
}
