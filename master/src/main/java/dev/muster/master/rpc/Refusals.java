package dev.muster.master.rpc;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.Refusal;
import dev.muster.proto.v1.RefusalReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says no in gRPC's words: a status for people and programs that know only gRPC, and our reason in
 * its details.
 */
final class Refusals {
  private static final String DOMAIN = "muster.dev";

  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

  private Refusals() {}

  static StatusRuntimeException status(Outcome.Refused refused) {
    ErrorInfo info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(refused.reason().name()).build();
    return StatusProto.toStatusRuntimeException(
        Status.newBuilder()
            .setCode(code(refused.reason()).getNumber())
            .setMessage(refused.message())
            .addDetails(Any.pack(info))
            .build());
  }

  /** The master cannot tell, or cannot now: try again, under the same number. */
  static StatusRuntimeException unavailable(String why) {
    return status(unavailableOutcome(why));
  }

  static Outcome.Refused unavailableOutcome(String why) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNAVAILABLE, "not now, try again: " + why);
  }

  static Outcome.Refused overloaded() {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_OVERLOADED,
        "too many requests wait for the disk; try again later, or send larger batches");
  }

  /** The master itself fails, at this call: the same call would fail again. */
  static StatusRuntimeException broken(String what, RuntimeException failure) {
    LOG.error("{}", what, failure);
    String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return io.grpc.Status.DATA_LOSS
        .withDescription(
            what
                + ": "
                + why
                + "; if the data directory is damaged, restore it whole from a backup")
        .asRuntimeException();
  }

  static Refusal message(Outcome.Refused refused) {
    return Refusal.newBuilder().setReason(refused.reason()).setMessage(refused.message()).build();
  }

  private static Code code(RefusalReason reason) {
    return switch (reason) {
      case REFUSAL_REASON_QUEUE_FULL,
          REFUSAL_REASON_DISK_FULL,
          REFUSAL_REASON_OVERLOADED,
          REFUSAL_REASON_LIMIT ->
          Code.RESOURCE_EXHAUSTED;
      case REFUSAL_REASON_BAD_QUEUE_NAME,
          REFUSAL_REASON_TOO_LARGE,
          REFUSAL_REASON_BAD_REQUEST,
          REFUSAL_REASON_CYCLE,
          REFUSAL_REASON_BAD_SCHEDULE,
          REFUSAL_REASON_UNKNOWN_SETTING,
          REFUSAL_REASON_DUPLICATE ->
          Code.INVALID_ARGUMENT;
      case REFUSAL_REASON_UNKNOWN_TASK,
          REFUSAL_REASON_UNKNOWN_QUEUE,
          REFUSAL_REASON_UNKNOWN_SCHEDULE,
          REFUSAL_REASON_UNKNOWN_WORKER ->
          Code.NOT_FOUND;
      case REFUSAL_REASON_STALE_TOKEN,
          REFUSAL_REASON_QUEUE_DRAINING,
          REFUSAL_REASON_SESSION_EXPIRED,
          REFUSAL_REASON_NOT_RUNNING,
          REFUSAL_REASON_FORGOTTEN_REQUEST ->
          Code.FAILED_PRECONDITION;
      case REFUSAL_REASON_WORKER_SILENT -> Code.DEADLINE_EXCEEDED;
      case REFUSAL_REASON_UNAVAILABLE -> Code.UNAVAILABLE;
      case REFUSAL_REASON_UNSPECIFIED, UNRECOGNIZED -> Code.INTERNAL;
    };
  }
}
