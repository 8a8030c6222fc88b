package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import io.grpc.Deadline;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The ids of tasks that one caller added and waits for, in the order in which it added them. */
final class DurableIds implements Receipt {
  private final long[] ids;
  private int joined; // guarded by the pipeline

  @GuardedBy("this")
  private int missing;

  @GuardedBy("this")
  private final BitSet found = new BitSet(0);

  @GuardedBy("this")
  private @Nullable MusterException failure;

  DurableIds(int count) {
    ids = new long[count];
    missing = count;
  }

  @Override
  public long joined() {
    return joined++;
  }

  @Override
  public synchronized void durable(long position, int count, long firstId) {
    for (int i = 0; i < count; i++) {
      ids[(int) position + i] = firstId + i;
    }
    answered(count);
  }

  @Override
  public synchronized void found(long position, long id) {
    found.set((int) position);
    durable(position, 1, id);
  }

  @Override
  public synchronized void failed(long position, int count, MusterException reason) {
    failure = failure == null ? reason : failure;
    answered(count);
  }

  @GuardedBy("this")
  private void answered(int count) {
    missing -= count;
    if (missing == 0) {
      notifyAll();
    }
  }

  /** Waits until all are answered; throws the first failure. */
  synchronized long[] await(Deadline deadline) throws InterruptedException {
    while (missing > 0) {
      long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
      if (leftMs <= 0) {
        throw new TimedOutException(
            "the master did not acknowledge in time: "
                + missing
                + " of "
                + ids.length
                + " tasks may or may not have been added");
      }
      wait(leftMs);
    }
    if (failure != null) {
      throw failure;
    }
    return Arrays.copyOf(ids, ids.length);
  }

  /** Whether the task of this position was there before; once all are answered. */
  synchronized boolean isFound(int position) {
    return found.get(position);
  }
}
