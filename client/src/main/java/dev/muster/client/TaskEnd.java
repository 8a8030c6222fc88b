package dev.muster.client;

import dev.muster.common.MusterException;
import dev.muster.common.TaskEndedException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.UnknownTaskException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;

/**
 * How an awaited task ended: with a value, or with what stands in its place. Immutable.
 *
 * @param <R> the results
 */
public final class TaskEnd<R> {
  private final TaskResult result;
  private final Codec<R> codec;

  TaskEnd(TaskResult result, Codec<R> codec) {
    this.result = result;
    this.codec = codec;
  }

  /** The task. */
  public long id() {
    return result.getId();
  }

  /** A terminal state, QUARANTINED, or UNKNOWN. */
  public TaskState state() {
    return result.getState();
  }

  /** Whether the task is done; its result may still be kept elsewhere. */
  public boolean isSucceeded() {
    return result.getState() == TaskState.TASK_STATE_SUCCEEDED;
  }

  /** As it came from the master: the failure, or the cause. */
  public TaskResult raw() {
    return result;
  }

  /**
   * The result.
   *
   * @throws TaskFailedException when its handler failed for good
   * @throws TaskEndedException when it was cancelled, expired, or is quarantined
   * @throws UnknownTaskException when the id never was, or is forgotten
   * @throws MusterException when its result is not kept by id
   */
  public R value() {
    return switch (result.getState()) {
      case TASK_STATE_SUCCEEDED -> kept();
      case TASK_STATE_FAILED -> throw new TaskFailedException(id(), result.getFailure());
      case TASK_STATE_UNKNOWN -> throw new UnknownTaskException(id());
      case TASK_STATE_CANCELLED, TASK_STATE_EXPIRED, TASK_STATE_QUARANTINED ->
          throw new TaskEndedException(id(), result.getState(), result.getCause());
      case TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          UNRECOGNIZED ->
          throw new MusterException(
              "task "
                  + Long.toUnsignedString(id())
                  + " was reported as "
                  + result.getState()
                  + " by the master, which is not an end");
    };
  }

  private R kept() {
    if (result.getResult().isEmpty() && result.getContentType().isEmpty()) {
      throw new MusterException(
          "task "
              + Long.toUnsignedString(id())
              + " succeeded, but its result is not kept by id: it was dropped, or went to its"
              + " result queue");
    }
    return codec.decode(result.getResult());
  }

  @Override
  public String toString() {
    return "TaskEnd[" + Long.toUnsignedString(id()) + " " + state() + "]";
  }
}
