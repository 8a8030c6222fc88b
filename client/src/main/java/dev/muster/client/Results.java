package dev.muster.client;

import dev.muster.common.MusterException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.UnknownTaskException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskResult;

/** What a terminal task means to the one who awaited it: a value or an exception. */
final class Results {
  private Results() {}

  static <R> R decode(TaskResult result, Codec<R> codec) {
    long id = result.getId();
    switch (result.getState()) {
      case TASK_STATE_SUCCEEDED -> {
        if (result.getResult().isEmpty() && result.getContentType().isEmpty()) {
          throw new MusterException(
              "task "
                  + Long.toUnsignedString(id)
                  + " succeeded, but its result is not kept by id: it was dropped, or went to its"
                  + " result queue");
        }
        return codec.decode(result.getResult());
      }
      case TASK_STATE_FAILED -> throw new TaskFailedException(id, result.getFailure());
      case TASK_STATE_UNKNOWN -> throw new UnknownTaskException(id);
      case TASK_STATE_CANCELLED -> throw ended(id, "muster.Cancelled", "it was called off");
      case TASK_STATE_EXPIRED -> throw ended(id, "muster.Expired", "it waited longer than it may");
      case TASK_STATE_QUARANTINED ->
          throw ended(id, "muster.Quarantined", "too many workers died while they ran it");
      case TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          UNRECOGNIZED ->
          throw new MusterException(
              "task "
                  + Long.toUnsignedString(id)
                  + " was reported as "
                  + result.getState()
                  + " by the master, which is not an end");
    }
    throw new AssertionError(result.getState());
  }

  private static TaskFailedException ended(long id, String kind, String message) {
    return new TaskFailedException(
        id, Failure.newBuilder().setKind(kind).setMessage(message).build());
  }
}
