package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;

/**
 * The ends of tasks: what is counted, kept, told and released then, whatever the end is. And how
 * long what has ended is kept.
 */
final class Endings {
  /** So many are forgotten in one step; the others are due at once, by a timer. */
  private static final int FORGET_MAX = 1_000;

  /** Plain successes that are remembered in all queues together, some 80 bytes each. */
  private static final int HISTORY_ALL_MAX = 1 << 20;

  private final MachineState state;
  private final Dependencies dependencies;

  Endings(MachineState state, Dependencies dependencies) {
    this.state = state;
    this.dependencies = dependencies;
  }

  /** A task succeeded; its result is set. It is touched, and in no lane. */
  void succeed(Task task) {
    QueueState queue = task.queue;
    queue.succeeded++;
    task.state = TaskState.TASK_STATE_SUCCEEDED;
    close(task);
    dependencies.forgetInputs(task);
    boolean keptForItsResult =
        switch (task.options.getResultPolicy()) {
          case RESULT_POLICY_KEEP, RESULT_POLICY_UNSPECIFIED, UNRECOGNIZED -> true;
          case RESULT_POLICY_QUEUE, RESULT_POLICY_DROP -> false;
        };
    if (keptForItsResult || task.hasChildren) {
      if (!keptForItsResult) {
        setResult(task, ByteString.EMPTY, "");
      }
      keep(task, queue.retained);
    } else {
      queue.history.add(task, historyMax(queue));
      told(task);
      state.tasks.remove(task);
    }
    state.changed(queue);
  }

  /**
   * What a queue may remember: as its setting says, but all queues together no more than memory
   * has. In steps of two, so that a new queue seldom changes it for the others.
   */
  private int historyMax(QueueState queue) {
    int share = Integer.highestOneBit(Math.max(1, HISTORY_ALL_MAX / state.queues.size()));
    return (int) Math.min(queue.settings.proto().getHistoryMax(), share);
  }

  /** Sets the result in place of the payload, which nobody needs any more. */
  void setResult(Task task, ByteString result, String contentType) {
    int before = task.memoryBytes();
    task.result = result;
    task.resultContentType = contentType;
    task.payload = ByteString.EMPTY;
    state.tasks.current().grew(task.memoryBytes() - before);
  }

  /** A task failed for good; its failure is set. It is touched, and in no lane. */
  void fail(Task task) {
    task.queue.failed++;
    task.state = TaskState.TASK_STATE_FAILED;
    close(task);
    keep(task, task.queue.dead);
  }

  /** A task is called off. It is touched, and in no lane. */
  void cancel(Task task, String why) {
    task.queue.cancelled++;
    end(task, TaskState.TASK_STATE_CANCELLED, why);
  }

  /** A task waited too long. It is touched, and in no lane. */
  void expire(Task task) {
    task.queue.expired++;
    end(
        task,
        TaskState.TASK_STATE_EXPIRED,
        "it waited longer than its TTL of " + task.options.getTtlMs() + " ms");
  }

  private void end(Task task, TaskState end, String why) {
    int before = task.memoryBytes();
    task.state = end;
    task.cause = why;
    state.tasks.current().grew(task.memoryBytes() - before);
    close(task);
    keep(task, task.queue.ended);
  }

  /** A task is set aside, until a person looks at it. It is touched, and in no lane. */
  void quarantine(Task task, String why) {
    QueueState queue = task.queue;
    queue.quarantined++;
    task.state = TaskState.TASK_STATE_QUARANTINED;
    task.cause = why;
    task.finishedMs = state.nowMs;
    task.lane = queue.aside.key();
    task.position = ++state.sequence;
    queue.aside.append(task, state.tasks.current());
    state.changed(queue);
    told(task);
  }

  private void close(Task task) {
    task.finishedMs = state.nowMs;
    task.cancelling = false;
    task.dueMs = 0;
    if (!task.unique.isEmpty()) {
      state.uniques.ended(task.unique, task.id);
    }
    dependencies.ended(task);
  }

  private void keep(Task task, Kept kept) {
    QueueState queue = task.queue;
    task.lane = kept.lane.key();
    task.position = ++state.sequence;
    kept.append(task, state.tasks.current());
    state.changed(queue);
    told(task);
    if (queue.retentionMs == 0) {
      lookAgain(queue, task.finishedMs + keptForMs(queue, kept));
    }
    forgetOld(queue, kept);
  }

  private void told(Task task) {
    state.effects.finished(task);
    state.effects.moved(task);
  }

  /** Something kept may be old enough to go, or a setting changed. */
  void retain(QueueState queue) {
    for (Kept kept : queue.kept()) {
      forgetOld(queue, kept);
    }
    if (queue.retentionMs > state.nowMs) {
      return; // it was not looked at because its time has come
    }
    stopLooking(queue);
    long nextMs = Long.MAX_VALUE;
    for (Kept kept : queue.kept()) {
      Task oldest = kept.lane.peek(state.tasks);
      if (oldest != null) {
        // What was left because it was too much for one step goes in the next one.
        long goesMs =
            isTooMuch(queue, kept) ? state.nowMs : oldest.finishedMs + keptForMs(queue, kept);
        nextMs = Math.min(nextMs, goesMs);
      }
    }
    if (nextMs != Long.MAX_VALUE) {
      lookAgain(queue, nextMs);
    }
  }

  /** A setting changed: what is kept is looked at as soon as may be. */
  void retainAnew(QueueState queue) {
    stopLooking(queue);
    lookAgain(queue, state.nowMs);
  }

  private void lookAgain(QueueState queue, long atMs) {
    queue.retentionMs = Math.max(1, atMs);
    state.timers.set(queue.retentionMs, Timers.Kind.RETENTION, queue.number);
    state.tasks.current().dirty(queue);
  }

  private void stopLooking(QueueState queue) {
    if (queue.retentionMs != 0) {
      state.timers.clear(queue.retentionMs, Timers.Kind.RETENTION, queue.number);
      queue.retentionMs = 0;
      state.tasks.current().dirty(queue);
    }
  }

  private void forgetOld(QueueState queue, Kept kept) {
    long bornMs = state.nowMs - keptForMs(queue, kept);
    for (int i = 0; i < FORGET_MAX; i++) {
      if (kept.size() == 0) {
        return;
      }
      boolean tooMuch = isTooMuch(queue, kept);
      if (!tooMuch && (i == 0 && queue.retentionMs > state.nowMs)) {
        return; // the usual case, without a look at the oldest
      }
      Task oldest = kept.lane.peek(state.tasks);
      if (oldest == null) {
        throw new IllegalStateException("queue " + queue.name + " counts tasks that are not there");
      }
      if (!tooMuch && oldest.finishedMs > bornMs) {
        return;
      }
      forget(oldest, kept);
    }
    if (queue.retentionMs > state.nowMs) {
      stopLooking(queue);
      lookAgain(queue, state.nowMs);
    }
  }

  private static boolean isTooMuch(QueueState queue, Kept kept) {
    QueueSettings settings = queue.settings.proto();
    boolean results = kept == queue.retained;
    long max = results ? settings.getRetainedMax() : settings.getDeadMax();
    long bytesMax = results ? settings.getRetainedBytes() : settings.getDeadBytes();
    return kept.size() > max || kept.bytes() > bytesMax;
  }

  private static long keptForMs(QueueState queue, Kept kept) {
    QueueSettings settings = queue.settings.proto();
    return kept == queue.retained ? settings.getRetainedMs() : settings.getDeadMs();
  }

  /** Nobody can ask for this finished task any more. */
  void forget(Task finished, Kept kept) {
    kept.remove(finished);
    forget(state.tasks.touch(finished));
    state.changed(finished.queue);
  }

  /** A touched task that is in no lane is gone. */
  void forget(Task task) {
    dependencies.forgetInputs(task);
    if (task.hasChildren) {
      List<ByteString> children = new ArrayList<>();
      ByteString prefix = MachineState.idKey(task.id);
      state.children.scanPrefix(prefix, (key, value) -> children.add(key));
      children.forEach(state.children::delete);
    }
    state.tasks.remove(task);
  }
}
