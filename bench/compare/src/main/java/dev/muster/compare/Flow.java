package dev.muster.compare;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Counts tasks in and results out, and holds the producer back while too many are unfinished. Used
 * by the threads of all roles at once; they call it once a batch.
 */
final class Flow {
  /** As `muster bench lifecycle --unfinished-max` in the comparison. */
  static final int UNFINISHED_MAX = 20_000;

  private static final long STALLED_NS = TimeUnit.SECONDS.toNanos(60);

  /**
   * What came of a load.
   *
   * @param count whole lives
   * @param ns that they took
   */
  record Lives(long count, long ns) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long unfinishedMax;
  private final long stalledNs;
  private long put;
  private long collected;
  private boolean open;
  private boolean closed;
  private @Nullable Throwable failure;

  Flow() {
    this(UNFINISHED_MAX, STALLED_NS);
  }

  /**
   * @param stalledNs a load fails when no result comes for so long
   */
  Flow(long unfinishedMax, long stalledNs) {
    this.unfinishedMax = unfinishedMax;
    this.stalledNs = stalledNs;
  }

  /**
   * Waits until so many tasks may be put, all at once.
   *
   * @return {@code tasks}, or 0 when the flow is closed
   */
  int claim(int tasks) throws InterruptedException {
    lock.lock();
    try {
      while (!closed && !(open && put + tasks - collected <= unfinishedMax)) {
        changed.await();
      }
      if (closed) {
        return 0;
      }
      put += tasks;
      return tasks;
    } finally {
      lock.unlock();
    }
  }

  /** So many results were taken, and acknowledged. */
  void collected(int results) {
    lock.lock();
    try {
      collected += results;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A role cannot go on: the load that waits ends with it. */
  void fail(Throwable reason) {
    lock.lock();
    try {
      if (failure == null && !closed) {
        failure = reason;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The roles shall return. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when the flow is closed: for roles whose client's threads do the work. */
  void awaitClosed() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets the producer put for so long, and waits for the results of all that it put. The first
   * time, the clock starts at the first result.
   *
   * @return what came, from the first put to the last result
   * @throws ComparisonException when a role failed, or no result comes any more
   */
  Lives load(long forNs) throws InterruptedException {
    lock.lock();
    try {
      long before = collected;
      long start = System.nanoTime();
      open = true;
      changed.signalAll();
      long progress = collected;
      long progressAt = start;
      while (open || collected < put) {
        check();
        long now = System.nanoTime();
        if (collected == 0) {
          start = now; // connections are made, and what they are made with is loaded
        }
        if (open && now - start >= forNs) {
          open = false;
          continue;
        }
        if (collected != progress) {
          progress = collected;
          progressAt = now;
        } else if (now - progressAt > stalledNs) {
          throw new ComparisonException(
              "no result for "
                  + TimeUnit.NANOSECONDS.toSeconds(stalledNs)
                  + " s, "
                  + (put - collected)
                  + " are missing");
        }
        long wait = open ? Math.min(forNs - (now - start), stalledNs) : stalledNs;
        long unused = changed.awaitNanos(wait);
      }
      check();
      if (collected == before) {
        throw new ComparisonException("nothing was put in the time to be measured");
      }
      return new Lives(collected - before, System.nanoTime() - start);
    } finally {
      lock.unlock();
    }
  }

  private void check() {
    if (failure != null) {
      throw new ComparisonException(reason(failure), failure);
    }
  }

  private static String reason(Throwable failure) {
    String said = failure.getMessage();
    return said == null ? failure.toString() : failure.getClass().getSimpleName() + ": " + said;
  }
}
