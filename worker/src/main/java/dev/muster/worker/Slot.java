package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.proto.v1.Usage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One thread's place to run tasks: which one runs, and the outcomes that no frame has taken yet. A
 * task that costs several slots runs in one of these, while others stay empty. Its lock is shared
 * only with whoever builds a frame, so it is almost never contended. Lock order: session, then
 * slot.
 *
 * <p>The thread is interrupted under the lock and only while the task holds the place; its
 * interrupt flag is cleared with the task's end. So an interrupt never reaches the next task.
 */
final class Slot {
  /** So many outcomes go at once, even while earlier ones are not durable yet. */
  private static final int MANY_OUTCOMES = 1_024;

  private static final int MANY_BYTES = 64 << 10;

  /** So long a process may still run a task that is lost, ms. */
  private static final long LOST_GRACE_MS = 2_000;

  private final LocalQueue queue;
  private final TaskServices services;

  @GuardedBy("this")
  private final Deque<SettlementColumns> outcomes = new ArrayDeque<>();

  /** From its claim to the end of its handler, whatever became of it meanwhile. */
  @GuardedBy("this")
  private @Nullable TaskContext running;

  @GuardedBy("this")
  private @Nullable Thread thread;

  /** Nothing more is to be said of what runs: it was given up, or lost. */
  @GuardedBy("this")
  private boolean settled;

  /** Somebody called it off: unless it succeeds it is cancelled. */
  @GuardedBy("this")
  private boolean stopping;

  @GuardedBy("this")
  private boolean toldStarted;

  /** Free slots that this one took from the queue, for what runs or ran last. */
  @GuardedBy("this")
  private int weight;

  /** Credit to give back. */
  @GuardedBy("this")
  private int freed;

  /** Cost of all tasks that this slot took and does not hold any more. */
  @GuardedBy("this")
  private long finished;

  Slot(LocalQueue queue, TaskServices services) {
    this.queue = queue;
    this.services = services;
  }

  /**
   * Takes the next task, which runs from now on; null when there is none, or none that fits. The
   * slot's thread.
   */
  synchronized @Nullable TaskContext claim() {
    while (true) {
      OfferSlice head = queue.head();
      if (head == null || queue.isHeld() || !(head.isExhausted() || acquire(queue.weight(head)))) {
        queue.release(weight);
        weight = 0;
        return null;
      }
      int claimed = head.claim();
      if (claimed < 0) {
        queue.remove(head);
        continue;
      }
      if (claimed == head.offer().getIdsCount() - 1) {
        queue.remove(head);
      }
      if (head.isCalledOff(claimed)) {
        continue; // its credit was given back then
      }
      TaskContext next = new TaskContext(head.offer(), claimed, services);
      running = next;
      thread = Thread.currentThread();
      settled = false;
      stopping = false;
      toldStarted = false;
      return next;
    }
  }

  /** Returns when a claim that is under way is over. */
  @SuppressWarnings("EmptySynchronizedBlock")
  void awaitClaim() {
    synchronized (this) {
      // the lock is all that there is to wait for
    }
  }

  /** What the last task had is kept for the next one: no word with the others for equal tasks. */
  @GuardedBy("this")
  private boolean acquire(int wanted) {
    if (wanted > weight) {
      if (!queue.acquire(wanted - weight)) {
        return false;
      }
    } else {
      queue.release(weight - wanted);
    }
    weight = wanted;
    return true;
  }

  /**
   * Ends the task that runs. The slot's thread.
   *
   * @param runUs how long the handler ran, µs
   * @param usage null: not measured
   * @return whether so much gathered that it should go now
   */
  synchronized boolean finish(Outcome outcome, int runUs, @Nullable Usage usage) {
    TaskContext ran = running;
    if (ran == null) {
      throw new IllegalStateException("nothing runs in this slot");
    }
    if (!settled) {
      settle(ran, outcome, runUs, usage);
    }
    running = null;
    thread = null;
    ran.end();
    freed += ran.cost();
    finished += ran.cost();
    var unused = Thread.interrupted(); // was meant for the task that is over
    SettlementColumns last = outcomes.peekLast();
    return last != null
        && (outcomes.size() > 1 || last.count() >= MANY_OUTCOMES || last.bytes() >= MANY_BYTES);
  }

  @GuardedBy("this")
  private void settle(TaskContext ran, Outcome outcome, int runUs, @Nullable Usage usage) {
    long id = ran.taskId();
    long token = ran.token();
    if (outcome.failure() == null) {
      SettlementColumns last = outcomes.peekLast();
      SettlementColumns columns = last != null && last.takes(outcome) ? last : fresh();
      columns.completed(id, token, outcome, runUs, usage);
    } else if (stopping) {
      columns().cancelled(id, token);
    } else if (outcome.equals(Outcome.RETURNED)) {
      columns().returned(id, token);
    } else if (outcome.crash() != null) {
      columns().crashed(id, token, outcome.crash(), runUs);
    } else {
      columns().failed(id, token, outcome.failure(), outcome.retryAfterMs(), runUs, usage);
    }
  }

  /** For what has no result. */
  @GuardedBy("this")
  private SettlementColumns columns() {
    SettlementColumns last = outcomes.peekLast();
    return last != null && last.bytes() < SettlementColumns.PREFERRED_BYTES ? last : fresh();
  }

  @GuardedBy("this")
  private SettlementColumns fresh() {
    SettlementColumns columns = new SettlementColumns();
    outcomes.addLast(columns);
    return columns;
  }

  /** Moves outcomes and freed credit; names the running task as started, once. */
  synchronized void collect(FrameGatherer into) {
    outcomes.forEach(into::settle);
    outcomes.clear();
    into.credit(freed);
    freed = 0;
    if (running != null && !settled && !toldStarted) {
      into.started(running.taskId(), running.token());
      toldStarted = true;
    }
  }

  synchronized void writeHeld(HeldAttempts into) {
    for (SettlementColumns columns : outcomes) {
      into.add(columns.build());
    }
    if (running != null && !settled) {
      into.add(running.taskId(), running.token());
    }
    toldStarted = false;
    freed = 0;
  }

  synchronized long finished() {
    return finished;
  }

  /** The session is over: what ran in it belongs to others. */
  synchronized void drop() {
    outcomes.clear();
    lose();
  }

  /** These belong to others. */
  synchronized void lose(Set<Long> ids) {
    if (running != null && !settled && ids.contains(running.taskId())) {
      lose();
    }
  }

  @GuardedBy("this")
  private void lose() {
    if (running != null) {
      forget(running, LOST_GRACE_MS);
      interrupt(running);
    }
  }

  /** Nothing more is said of it, and it hears that it should end. */
  @GuardedBy("this")
  private void forget(TaskContext task, long graceMs) {
    settled = true;
    task.end();
    task.cancel();
    task.forgotten(graceMs);
  }

  /** Tells the handler of an attempt that it was called off; null when it does not run here. */
  synchronized @Nullable TaskContext stop(long id, long token) {
    TaskContext task = running;
    if (task == null || settled || stopping || task.taskId() != id || task.token() != token) {
      return null;
    }
    stopping = true;
    task.cancel();
    return task;
  }

  /** Interrupts the thread if this still runs. */
  synchronized void interrupt(TaskContext task) {
    if (running == task && thread != null) {
      thread.interrupt();
    }
  }

  /**
   * Settles an attempt that was called off and did not end.
   *
   * @return false when it is over
   */
  synchronized boolean giveUp(TaskContext task) {
    if (running != task || settled) {
      return false;
    }
    columns().cancelled(task.taskId(), task.token());
    forget(task, 0);
    return true;
  }

  /** The worker goes: what runs may end, a chunk with the item that runs. */
  synchronized void drain() {
    if (running != null) {
      running.drain();
    }
  }

  /** The worker goes and cannot wait: the task is given back, and its outcome will not count. */
  synchronized void abandon() {
    TaskContext task = running;
    if (task == null) {
      return;
    }
    if (!settled && stopping) {
      columns().cancelled(task.taskId(), task.token());
    } else if (!settled) {
      columns().returned(task.taskId(), task.token());
    }
    forget(task, 0);
    interrupt(task);
  }

  /** A task and the thread that runs it. */
  record Running(TaskContext task, Thread thread) {}

  /** What runs here, if it is this task; null: it does not, or not any more. */
  synchronized @Nullable Running running(long id) {
    TaskContext task = running;
    return task == null || thread == null || settled || task.taskId() != id
        ? null
        : new Running(task, thread);
  }

  /** Whether an outcome is still to come. */
  synchronized boolean isRunning() {
    return running != null && !settled;
  }
}
