package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.worker.HandlerTable.Outcome;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One place to run tasks: which one runs, and the outcomes that no frame has taken yet. Its lock is
 * shared only with whoever builds a frame, so it is almost never contended. Lock order: session,
 * then slot.
 */
final class Slot {
  /** So many outcomes go at once, even while earlier ones are not durable yet. */
  private static final int MANY_OUTCOMES = 1_024;

  private static final int MANY_BYTES = 64 << 10;

  private final LocalQueue queue;

  /** Called off before they began; shared by all slots, nearly always empty. */
  private final Set<Long> calledOff;

  @GuardedBy("this")
  private final Deque<SettlementColumns> outcomes = new ArrayDeque<>();

  @GuardedBy("this")
  private @Nullable OfferSlice slice;

  @GuardedBy("this")
  private @Nullable TaskContext context;

  @GuardedBy("this")
  private int index;

  @GuardedBy("this")
  private boolean toldStarted;

  @GuardedBy("this")
  private int freed;

  /** Tasks that this slot took and does not hold any more. */
  @GuardedBy("this")
  private long finished;

  Slot(LocalQueue queue, Set<Long> calledOff) {
    this.queue = queue;
    this.calledOff = calledOff;
  }

  /** Takes the next task, which runs from now on; null when there is none. The slot's thread. */
  synchronized @Nullable TaskContext claim() {
    while (true) {
      OfferSlice head = queue.head();
      if (head == null) {
        return null;
      }
      int claimed = head.claim();
      if (claimed < 0) {
        queue.remove(head);
        continue;
      }
      if (head.isDropped() || isCalledOff(head.offer().getIds(claimed))) {
        free();
        continue;
      }
      TaskContext running = new TaskContext(head.offer(), claimed);
      slice = head;
      index = claimed;
      context = running;
      toldStarted = false;
      return running;
    }
  }

  private boolean isCalledOff(long id) {
    return !calledOff.isEmpty() && calledOff.remove(id);
  }

  /**
   * Ends the task that runs.
   *
   * @param outcome null: it is given back
   * @return whether so much gathered that it should go now
   */
  synchronized boolean finish(@Nullable Outcome outcome) {
    OfferSlice ran = slice;
    if (ran == null) {
      return false; // given back by a drain that ran out of time
    }
    if (!ran.isDropped()) {
      long id = ran.offer().getIds(index);
      long token = ran.offer().getToken();
      if (outcome == null) {
        columns(ByteString.EMPTY, "").returned(id, token);
      } else if (outcome.failure() != null) {
        failed().failed(id, token, outcome.failure());
      } else {
        columns(outcome.result(), outcome.contentType())
            .completed(id, token, outcome.result(), outcome.contentType());
      }
    }
    slice = null;
    context = null;
    free();
    SettlementColumns last = outcomes.peekLast();
    return last != null
        && (outcomes.size() > 1 || last.count() >= MANY_OUTCOMES || last.bytes() >= MANY_BYTES);
  }

  @GuardedBy("this")
  private SettlementColumns columns(ByteString result, String contentType) {
    SettlementColumns last = outcomes.peekLast();
    return last != null && last.takes(result, contentType) ? last : fresh();
  }

  @GuardedBy("this")
  private SettlementColumns failed() {
    SettlementColumns last = outcomes.peekLast();
    return last != null && last.bytes() < SettlementColumns.PREFERRED_BYTES ? last : fresh();
  }

  @GuardedBy("this")
  private SettlementColumns fresh() {
    SettlementColumns columns = new SettlementColumns();
    outcomes.addLast(columns);
    return columns;
  }

  @GuardedBy("this")
  private void free() {
    freed++;
    finished++;
  }

  /** Moves outcomes and freed credit; names the running task as started, once. */
  synchronized void collect(FrameGatherer into) {
    outcomes.forEach(into::settle);
    outcomes.clear();
    into.credit(freed);
    freed = 0;
    if (slice != null && !slice.isDropped() && !toldStarted) {
      into.started(slice.offer().getIds(index));
      toldStarted = true;
    }
  }

  synchronized void writeHeld(HeldAttempts into) {
    for (SettlementColumns columns : outcomes) {
      into.add(columns.build());
    }
    if (slice != null && !slice.isDropped()) {
      into.add(slice.offer().getIds(index), slice.offer().getToken());
    }
    toldStarted = false;
    freed = 0;
  }

  synchronized long finished() {
    return finished;
  }

  synchronized void drop() {
    outcomes.clear();
    if (slice != null) {
      slice.drop();
    }
    if (context != null) {
      context.cancel();
    }
  }

  /** True when it ran and was cancelled. */
  synchronized boolean cancel(Set<Long> ids) {
    if (context == null || !ids.contains(context.taskId())) {
      return false;
    }
    context.cancel();
    return true;
  }

  /** Time is up: the task is given back, and its outcome will not count. */
  synchronized void abandon() {
    if (context != null) {
      context.cancel();
    }
    var unused = finish(null);
  }

  synchronized boolean isRunning() {
    return slice != null;
  }
}
