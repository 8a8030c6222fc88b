package dev.muster.common;

import dev.muster.proto.v1.TaskState;

/**
 * The task that was awaited ended without a result and without a failure of its handler: it was
 * cancelled, it expired, or it is quarantined.
 */
public final class TaskEndedException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final long taskId;
  private final TaskState state;
  private final String reason;

  /**
   * For a task that ended so.
   *
   * @param state CANCELLED, EXPIRED or QUARANTINED
   * @param reason the master's sentence; empty when it gave none
   */
  public TaskEndedException(long taskId, TaskState state, String reason) {
    super(
        "task "
            + Long.toUnsignedString(taskId)
            + " "
            + what(state)
            + (reason.isEmpty() ? "" : ": " + reason));
    this.taskId = taskId;
    this.state = state;
    this.reason = reason;
  }

  private static String what(TaskState state) {
    return switch (state) {
      case TASK_STATE_CANCELLED -> "was cancelled";
      case TASK_STATE_EXPIRED -> "expired: it waited longer than it may";
      case TASK_STATE_QUARANTINED ->
          "is quarantined: too many workers died while they ran it; release or drop it";
      case TASK_STATE_UNKNOWN,
          TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          TASK_STATE_SUCCEEDED,
          TASK_STATE_FAILED,
          UNRECOGNIZED ->
          throw new IllegalArgumentException("not an end of this kind: " + state);
    };
  }

  public long taskId() {
    return taskId;
  }

  /** CANCELLED, EXPIRED or QUARANTINED. */
  public TaskState state() {
    return state;
  }

  /** Why, in a sentence; empty when the master gave none. */
  public String reason() {
    return reason;
  }
}
