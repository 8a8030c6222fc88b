package dev.muster.common;

/**
 * The id never was, or the record of that task is forgotten. Never thrown for a task that waits.
 */
public final class UnknownTaskException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final long taskId;

  public UnknownTaskException(long taskId) {
    super(
        "task "
            + Long.toUnsignedString(taskId)
            + " is not known to the master: its id never was, or its record is forgotten"
            + " (a queue keeps a limited number of finished tasks)");
    this.taskId = taskId;
  }

  public long taskId() {
    return taskId;
  }
}
