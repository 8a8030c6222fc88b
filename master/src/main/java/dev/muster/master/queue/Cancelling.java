package dev.muster.master.queue;

import dev.muster.master.log.v1.Cancel;
import dev.muster.master.store.v1.AnswerRecord;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  /** What came of some tasks. */
  private static final class Counts {
    private long cancelled;
    private long cancelling;
    private long untouched;

    void add(Result result) {
      switch (result) {
        case CANCELLED -> cancelled++;
        case CANCELLING -> cancelling++;
        case UNTOUCHED -> untouched++;
      }
    }

    Outcome.Cancelled toOutcome(boolean goesOn) {
      return new Outcome.Cancelled(cancelled, cancelling, untouched, goesOn);
    }
  }

  Outcome cancel(Cancel command) {
    if (!command.hasRequest()) {
      return cancelAll(command);
    }
    AnswerRecord answer = state.producers.answer(command.getRequest());
    if (answer != null) {
      return new Outcome.Cancelled(
          answer.getCancelled(), answer.getCancelling(), answer.getUntouched(), answer.getGoesOn());
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
            .setUntouched(cancelled.untouched())
            .setGoesOn(cancelled.goesOn()),
        state.nowMs,
        state.tasks.current());
    return cancelled;
  }

  private Outcome.Cancelled cancelAll(Cancel command) {
    Counts counts = new Counts();
    Set<Long> named = new LinkedHashSet<>(command.getIdsList());
    Subtree below = new Subtree(state, command.getReason(), named);
    for (long id : named) {
      counts.add(cancel(id, command.getReason(), command.getSubtree() ? below : null));
    }
    for (Long id = below.next(); id != null; id = below.next()) {
      counts.add(cancel(id, command.getReason(), below));
    }
    return counts.toOutcome(below.putOff(state.nowMs, 0));
  }

  /** The time has come to go on with what was put off. */
  void goOn(Timers.Timer timer) {
    Subtree below = Subtree.of(state, timer);
    for (Long id = below.next(); id != null; id = below.next()) {
      var unused = cancel(id, below.reason(), below);
    }
    var unused = below.putOff(timer.atMs(), timer.id());
  }

  /**
   * @param below gets what is below it; null: that stays as it is
   */
  private Result cancel(long id, String reason, @Nullable Subtree below) {
    Task task = state.tasks.find(id);
    if (task == null) {
      return Result.UNTOUCHED;
    }
    if (below != null) {
      below.addBelow(task);
    }
    return cancel(task, reason);
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
}
