package dev.muster.cli;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnreachableException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What a failed gRPC call means to the user of a command. */
final class FailedCall {
  private FailedCall() {}

  static MusterException of(StatusRuntimeException failed) {
    Status status = failed.getStatus();
    String why =
        status.getDescription() == null ? status.getCode().toString() : status.getDescription();
    return switch (status.getCode()) {
      case UNAVAILABLE -> new UnreachableException("the master was lost: " + why, failed);
      case DEADLINE_EXCEEDED -> new TimedOutException("the master did not answer in time", failed);
      default -> new MusterException("the master refused: " + why, failed);
    };
  }
}
