package dev.muster.worker;

import dev.muster.common.MusterException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;

/** What one of the tasks came to that a task depends on. Immutable. */
public final class Input {
  private final TaskResult result;

  Input(TaskResult result) {
    this.result = result;
  }

  TaskResult proto() {
    return result;
  }

  /** The id of the task that this one depends on. */
  public long taskId() {
    return result.getId();
  }

  /** Terminal, or UNKNOWN when the master has forgotten it. */
  public TaskState state() {
    return result.getState();
  }

  /** Whether there is a result. */
  public boolean isSucceeded() {
    return state() == TaskState.TASK_STATE_SUCCEEDED;
  }

  /** How it failed; the default message when it did not. */
  public Failure failure() {
    return result.getFailure();
  }

  /** How the result is written, e.g. "application/json". */
  public String contentType() {
    return result.getContentType();
  }

  /**
   * The result, read as JSON, {@code byte[]} as it is.
   *
   * @throws TaskFailedException when the task failed
   * @throws MusterException when it ended otherwise without a result
   * @throws dev.muster.common.codec.CodecException when the result is not of this type
   */
  @SuppressWarnings("unchecked") // byte[].class is checked before the cast
  public <T> T result(Class<T> type) {
    return result(type == byte[].class ? (Codec<T>) Codecs.bytes() : Codecs.json(type));
  }

  /** As {@link #result(Class)}, with a codec. */
  public <T> T result(Codec<T> codec) {
    if (state() == TaskState.TASK_STATE_FAILED) {
      throw new TaskFailedException(taskId(), failure());
    }
    if (!isSucceeded()) {
      throw new MusterException(
          "task "
              + Long.toUnsignedString(taskId())
              + " has no result: it is "
              + state().name().substring("TASK_STATE_".length())
              + (result.getCause().isEmpty() ? "" : ", " + result.getCause()));
    }
    return codec.decode(result.getResult());
  }
}
