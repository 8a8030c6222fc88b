package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.store.v1.AnswerRecord;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/** Calls tasks off: those that wait at once, those that run by asking their workers. */
final class Cancelling {
  private final MachineState state;
  private final Waiting waiting;
  private final Leasing leasing;
  private final Endings endings;
  private final int outstandingMax;

  Cancelling(
      MachineState state, Waiting waiting, Leasing leasing, Endings endings, int outstandingMax) {
    this.state = state;
    this.waiting = waiting;
    this.leasing = leasing;
    this.endings = endings;
    this.outstandingMax = outstandingMax;
  }

  private enum Result {
    CANCELLED,
    CANCELLING,
    UNTOUCHED
  }

  Outcome cancel(Cancel command) {
    if (!command.hasRequest()) {
      return cancelAll(command);
    }
    AnswerRecord answer = state.producers.answer(command.getRequest());
    if (answer != null) {
      return new Outcome.Cancelled(
          answer.getCancelled(), answer.getCancelling(), answer.getUntouched());
    }
    Outcome.Refused refusal = state.producers.refusal(command.getRequest(), outstandingMax);
    if (refusal != null) {
      return refusal;
    }
    Outcome.Cancelled cancelled = cancelAll(command);
    state.producers.remember(
        command.getRequest(),
        AnswerRecord.newBuilder()
            .setCancelled(cancelled.cancelled())
            .setCancelling(cancelled.cancelling())
            .setUntouched(cancelled.untouched()),
        state.nowMs,
        state.tasks.current());
    return cancelled;
  }

  private Outcome.Cancelled cancelAll(Cancel command) {
    long[] counts = new long[Result.values().length];
    ArrayDeque<Long> left = new ArrayDeque<>(command.getIdsList());
    Set<Long> seen = new HashSet<>(command.getIdsList());
    for (Long id = left.poll(); id != null; id = left.poll()) {
      Task task = state.tasks.find(id);
      if (command.getSubtree() && task != null) {
        for (long next : below(task)) {
          if (seen.add(next)) {
            left.add(next);
          }
        }
      }
      Result result = task == null ? Result.UNTOUCHED : cancel(task, command.getReason());
      switch (result) {
        case CANCELLED -> counts[0]++;
        case CANCELLING -> counts[1]++;
        case UNTOUCHED -> counts[2]++;
      }
    }
    return new Outcome.Cancelled(counts[0], counts[1], counts[2]);
  }

  /** True: it was called off, or its worker is asked to stop it. */
  boolean cancelOne(Task task, String reason) {
    return cancel(task, reason) != Result.UNTOUCHED;
  }

  private Result cancel(Task found, String reason) {
    String why = reason.isEmpty() ? "cancelled" : "cancelled: " + reason;
    return switch (found.state) {
      case TASK_STATE_READY, TASK_STATE_DELAYED -> {
        Task task = state.tasks.touch(found);
        waiting.leave(task);
        endings.cancel(task, why);
        yield Result.CANCELLED;
      }
      case TASK_STATE_QUARANTINED -> {
        Task task = state.tasks.touch(found);
        task.queue.aside.remove(task);
        task.queue.quarantined--;
        endings.cancel(task, why);
        yield Result.CANCELLED;
      }
      case TASK_STATE_RUNNING -> cancelRunning(found, why);
      case TASK_STATE_SUCCEEDED,
          TASK_STATE_FAILED,
          TASK_STATE_CANCELLED,
          TASK_STATE_EXPIRED,
          TASK_STATE_UNKNOWN,
          TASK_STATE_OFFERED,
          UNRECOGNIZED ->
          Result.UNTOUCHED;
    };
  }

  private Result cancelRunning(Task found, String why) {
    Task task = state.tasks.touch(found);
    if (task.session == 0) {
      // Nobody can be asked: the consumer finds its token stale.
      leasing.endCancelled(task, why);
      return Result.CANCELLED;
    }
    if (!task.cancelling) {
      task.cancelling = true;
      task.cause = why;
      state.effects.stop(task.session, task.id, task.token);
    }
    return Result.CANCELLING;
  }

  /** What a task has enqueued, and what waits for it. */
  private long[] below(Task task) {
    com.carrotsearch.hppc.LongArrayList ids = new com.carrotsearch.hppc.LongArrayList();
    if (task.hasChildren) {
      ByteString prefix = MachineState.idKey(task.id);
      state.children.scanPrefix(
          prefix,
          (key, value) -> {
            ids.add(key.substring(8).asReadOnlyByteBuffer().getLong());
            return true;
          });
    }
    if (task.bonds != null) {
      ids.add(task.bonds.dependents());
    }
    return ids.toArray();
  }
}
