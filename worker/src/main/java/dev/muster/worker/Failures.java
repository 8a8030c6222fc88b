package dev.muster.worker;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.Failure;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** What is recorded when a task fails. */
final class Failures {
  private Failures() {}

  /** A handler threw: class, message and stack, or what it says instead, each within its limit. */
  static Failure thrown(Throwable thrown, boolean retryable) {
    if (thrown instanceof FailureException failure) {
      return of(failure.kind(), String.valueOf(failure.getMessage()), failure.detail()).toBuilder()
          .setRetryable(retryable)
          .build();
    }
    StringWriter stack = new StringWriter();
    thrown.printStackTrace(new PrintWriter(stack));
    return of(kind(thrown).getName(), String.valueOf(thrown.getMessage()), stack.toString())
        .toBuilder()
        .setRetryable(retryable)
        .build();
  }

  /** What to group by: our own exceptions only say what to do with the one that they carry. */
  private static Class<?> kind(Throwable thrown) {
    Throwable cause = thrown.getCause();
    boolean marker =
        thrown.getClass() == NonRetryableException.class
            || thrown.getClass() == RetryLaterException.class;
    return marker && cause != null ? cause.getClass() : thrown.getClass();
  }

  /** The payload is not what the handler reads: no attempt will change that. */
  static Failure undecodable(RuntimeException cause) {
    return of(cause.getClass().getName(), String.valueOf(cause.getMessage()), "");
  }

  /** The result has no form that can be sent. */
  static Failure unencodable(String handler, String type, RuntimeException cause) {
    return of(
        cause.getClass().getName(),
        "the result of handler \""
            + handler
            + "\", a "
            + type
            + ", cannot be sent: "
            + cause.getMessage(),
        "");
  }

  /** Another worker may have the handler, so trying again can help. */
  static Failure unknownHandler(String handler, Collection<String> known) {
    String named =
        handler.isEmpty() ? "the task names no handler" : "no handler \"" + handler + "\"";
    return of(
            "muster.UnknownHandler",
            named + "; this worker has: " + (known.isEmpty() ? "none" : String.join(", ", known)),
            "")
        .toBuilder()
        .setRetryable(true)
        .build();
  }

  /** What should have been done before the first task failed; it is tried again with the next. */
  static Failure uninitialized(Throwable cause) {
    Failure thrown = thrown(cause, true);
    String message = "an initializer failed, so no task can run here: " + thrown.getMessage();
    return thrown.toBuilder().setMessage(cut(message, Limits.FAILURE_MESSAGE_BYTES_MAX)).build();
  }

  /** The process of a handler died. */
  static Failure crashed(String cause) {
    return of("muster.Crashed", cause, "").toBuilder().setRetryable(true).build();
  }

  static Failure resultTooLarge(String handler, int bytes, int bytesMax) {
    return of(
        "muster.ResultTooLarge",
        "the result of handler \""
            + handler
            + "\" has, with its follow-ups, "
            + bytes
            + " bytes, at most "
            + bytesMax
            + " can be sent: store it elsewhere and return its address",
        "");
  }

  /** What should be a chunk of a pool is none: no attempt will change that. */
  static Failure brokenChunk(String why) {
    return of("muster.BrokenChunk", "the payload is not a chunk of a map: " + why, "");
  }

  /** Somebody called a chunk off between two of its items. */
  static Failure calledOff(int done, int count) {
    return of(
        "muster.CalledOff", "called off after " + done + " of " + count + " items of a chunk", "");
  }

  /** An item ran too long and was interrupted; the detail says where it stood. */
  static Failure itemOverran(Failure thrown, long limitMs) {
    return of(
            "muster.Overrun",
            "the item ran longer than its limit of " + limitMs + " ms",
            thrown.getDetail())
        .toBuilder()
        .setRetryable(true)
        .build();
  }

  private static Failure of(String kind, String message, String detail) {
    return Failure.newBuilder()
        .setKind(cut(kind, Limits.NAME_BYTES_MAX))
        .setMessage(cut(message, Limits.FAILURE_MESSAGE_BYTES_MAX))
        .setDetail(cut(detail, Limits.FAILURE_DETAIL_BYTES_MAX))
        .build();
  }

  /** At most so many bytes of UTF-8, without half a character at the end. */
  static String cut(String text, int bytesMax) {
    if (text.length() * 3L <= bytesMax) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= bytesMax) {
      return text;
    }
    int end = bytesMax;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return ByteString.copyFrom(bytes, 0, end).toStringUtf8();
  }
}
