package dev.muster.client.retry;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.muster.common.MusterException;
import dev.muster.common.RefusedException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.RefusalReason;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import org.jspecify.annotations.Nullable;

/** What a failed call means: try again, a refusal with its reason, or a fault. */
public final class RpcFailures {
  private static final String DOMAIN = "muster.dev";
  private static final String REASON_PREFIX = "REFUSAL_REASON_";

  private RpcFailures() {}

  /**
   * Whether the same request may work when it is sent again. UNAUTHENTICATED too: right after a
   * reconnect a call can overtake the authentication; a wrong key is found when connecting.
   */
  public static boolean isRetryable(Throwable failure) {
    RefusedException refused = refusal(failure);
    if (refused != null) {
      return isRetryable(refused.reason());
    }
    return switch (Status.fromThrowable(failure).getCode()) {
      case UNAVAILABLE, UNAUTHENTICATED, CANCELLED, ABORTED, UNKNOWN, INTERNAL -> true;
      case OK,
          INVALID_ARGUMENT,
          DEADLINE_EXCEEDED,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          DATA_LOSS ->
          false;
    };
  }

  /** Whether a refusal is only "not now". */
  public static boolean isRetryable(RefusalReason reason) {
    return reason == RefusalReason.REFUSAL_REASON_UNAVAILABLE
        || reason == RefusalReason.REFUSAL_REASON_OVERLOADED;
  }

  /** The failure as one of ours, with a message for people. */
  public static MusterException of(Throwable failure) {
    if (failure instanceof MusterException ours) {
      return ours;
    }
    RefusedException refused = refusal(failure);
    if (refused != null) {
      return refused;
    }
    Status status = Status.fromThrowable(failure);
    String detail = status.getDescription() == null ? "" : ": " + status.getDescription();
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      return new UnreachableException("the master does not answer" + detail, failure);
    }
    return new MusterException("the call failed with " + status.getCode() + detail, failure);
  }

  /** The refusal that travels in the status details; null when there is none. */
  public static @Nullable RefusedException refusal(Throwable failure) {
    if (failure instanceof RefusedException refused) {
      return refused;
    }
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return null;
    }
    for (Any detail : status.getDetailsList()) {
      if (!detail.is(ErrorInfo.class)) {
        continue;
      }
      try {
        ErrorInfo info = detail.unpack(ErrorInfo.class);
        if (info.getDomain().equals(DOMAIN)) {
          RefusalReason reason = reason(info.getReason());
          String message = status.getMessage();
          return new RefusedException(
              reason, message.isEmpty() ? "refused: " + info.getReason() : message);
        }
      } catch (InvalidProtocolBufferException e) {
        return null; // not readable: then it is an ordinary failure
      }
    }
    return null;
  }

  /** By its name, with or without the enum's prefix; a name from a newer master is UNSPECIFIED. */
  private static RefusalReason reason(String name) {
    String full = name.startsWith(REASON_PREFIX) ? name : REASON_PREFIX + name;
    for (RefusalReason reason : RefusalReason.values()) {
      if (reason.name().equals(full)) {
        return reason;
      }
    }
    return RefusalReason.REFUSAL_REASON_UNSPECIFIED;
  }
}
