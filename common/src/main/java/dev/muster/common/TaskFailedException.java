package dev.muster.common;

import dev.muster.proto.v1.Failure;

/** The task that was awaited is a dead letter: its handler failed for good. */
public final class TaskFailedException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final long taskId;
  // A generated message; it writes itself when this exception is serialized, which we never do.
  private final Failure failure;

  public TaskFailedException(long taskId, Failure failure) {
    super(
        "task "
            + Long.toUnsignedString(taskId)
            + " failed: "
            + failure.getKind()
            + (failure.getMessage().isEmpty() ? "" : ": " + failure.getMessage()));
    this.taskId = taskId;
    this.failure = failure;
  }

  public long taskId() {
    return taskId;
  }

  /** Kind, message and detail as the worker reported them. */
  public Failure failure() {
    return failure;
  }
}
