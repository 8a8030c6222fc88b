package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rules of what chooses tasks. Null means that none is broken. */
final class FilterCheck {
  /** What can be called off. */
  private static final Set<TaskState> CANCELLABLE =
      Set.of(
          TaskState.TASK_STATE_DELAYED, TaskState.TASK_STATE_READY, TaskState.TASK_STATE_RUNNING);

  /** What can be put back to wait. */
  private static final Set<TaskState> REPLAYABLE =
      Set.of(
          TaskState.TASK_STATE_FAILED,
          TaskState.TASK_STATE_CANCELLED,
          TaskState.TASK_STATE_EXPIRED,
          TaskState.TASK_STATE_QUARANTINED);

  /** What can be forgotten. */
  private static final Set<TaskState> DROPPABLE =
      Set.of(
          TaskState.TASK_STATE_FAILED,
          TaskState.TASK_STATE_CANCELLED,
          TaskState.TASK_STATE_EXPIRED,
          TaskState.TASK_STATE_QUARANTINED,
          TaskState.TASK_STATE_READY,
          TaskState.TASK_STATE_DELAYED,
          TaskState.TASK_STATE_SUCCEEDED);

  private static final int REASON_BYTES_MAX = 1 << 10;

  private FilterCheck() {}

  static Outcome.@Nullable Refused cancel(CancelRequest request) {
    if (RequestCheck.bytes(request.getReason()) > REASON_BYTES_MAX) {
      return RequestCheck.bad("a reason has at most " + REASON_BYTES_MAX + " bytes");
    }
    if (!request.hasFilter()) {
      return RequestCheck.ids("a cancel", request.getIdsList(), 1, Limits.FILTER_IDS_MAX);
    }
    if (request.getIdsCount() > 0) {
      return RequestCheck.bad("a cancel has ids or a filter, not both");
    }
    if (request.getSubtree()) {
      return RequestCheck.bad("a subtree is cancelled by ids, not by a filter");
    }
    return states(request.getFilter(), "cancelled", CANCELLABLE);
  }

  static Outcome.@Nullable Refused replay(TaskFilter filter) {
    return states(filter, "replayed", REPLAYABLE);
  }

  static Outcome.@Nullable Refused drop(TaskFilter filter) {
    return states(filter, "dropped", DROPPABLE);
  }

  private static Outcome.@Nullable Refused states(
      TaskFilter filter, String done, Set<TaskState> states) {
    Outcome.Refused refused = filter(filter);
    return refused == null && !states.contains(filter.getState())
        ? RequestCheck.bad(
            "tasks can be "
                + done
                + " in state "
                + shown(states)
                + ", found "
                + shown(filter.getState()))
        : refused;
  }

  private static String shown(Set<TaskState> states) {
    List<String> names = new TreeSet<>(states).stream().map(FilterCheck::shown).toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }

  private static String shown(TaskState state) {
    return state.name().substring("TASK_STATE_".length());
  }

  static Outcome.@Nullable Refused filter(TaskFilter filter) {
    Outcome.Refused refused = RequestCheck.queue(filter.getQueue());
    if (refused != null) {
      return refused;
    }
    if (filter.getState() == TaskState.UNRECOGNIZED) {
      return RequestCheck.bad(
          "this master knows no task state " + filter.getStateValue() + "; it is older");
    }
    if (filter.getState() == TaskState.TASK_STATE_UNKNOWN) {
      return RequestCheck.bad("a filter names a queue and a state, found no state");
    }
    if (RequestCheck.isLong(filter.getHandler())
        || RequestCheck.isLong(filter.getFailureKind())
        || RequestCheck.isLong(filter.getGroup())
        || RequestCheck.isLong(filter.getTenant())) {
      return RequestCheck.bad(
          "a handler, kind of failure, group or tenant has at most "
              + Limits.NAME_BYTES_MAX
              + " bytes");
    }
    if (filter.getEnqueuedBeforeMs() < 0) {
      return RequestCheck.bad(
          "a time is in ms since the epoch, found " + filter.getEnqueuedBeforeMs());
    }
    return RequestCheck.ids("a filter", filter.getIdsList(), 0, Limits.FILTER_IDS_MAX);
  }
}
