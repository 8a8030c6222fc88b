package dev.muster.client.connection;

import dev.muster.common.AuthenticationException;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.common.tls.PinnedTrust;
import io.grpc.Status;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt to connect failed, in words for the one who has to mend it.
 *
 * @param message complete, one line
 */
record DialFailure(Kind kind, String message, Throwable cause) {
  // gRPC's words for a connection that ended without GOAWAY. A TLS listener ends a plaintext
  // connection so, without any alert; so does a master that is killed just then.
  private static final String CLOSED_BY_PEER = "Network closed for unknown reason";

  /** What follows from a failure. */
  enum Kind {
    /** The key is wrong on one side: trying again cannot help. */
    KEY_REFUSED,
    /** The two versions cannot speak with each other: trying again cannot help. */
    INCOMPATIBLE,
    /**
     * Another certificate than the pinned one: calls fail at once, the right master may come back.
     */
    STRANGER,
    /**
     * What listens there is not a master as we expect it: calls fail at once, it may be replaced.
     */
    NOT_A_MASTER,
    /** Not there now: calls wait. */
    UNREACHABLE;

    boolean isFinal() {
      return this == KEY_REFUSED || this == INCOMPATIBLE;
    }

    boolean failsCallsAtOnce() {
      return this != UNREACHABLE;
    }
  }

  static DialFailure of(Throwable failure, ConnectOptions options) {
    String master = "master at " + options.masterAddress();
    Status status = Status.fromThrowable(failure);
    String said = status.getDescription() == null ? "" : status.getDescription();

    PinnedTrust.PinMismatchException stranger =
        causeOf(failure, PinnedTrust.PinMismatchException.class);
    if (stranger != null) {
      return new DialFailure(
          Kind.STRANGER,
          master
              + " shows another certificate than the one over which the auth key was proved ("
              + stranger.getMessage()
              + "); if the master's certificate was really replaced, restart this client",
          failure);
    }
    if (failure instanceof MusterException) { // thrown on this side of the exchange
      return new DialFailure(
          Kind.KEY_REFUSED,
          master + " is not trusted with key " + options.key().id() + ": " + failure.getMessage(),
          failure);
    }
    return switch (status.getCode()) {
      case UNAUTHENTICATED ->
          new DialFailure(
              Kind.KEY_REFUSED,
              master
                  + " refused key "
                  + options.key().id()
                  + ": "
                  + said
                  + "; check that the key file or MUSTER_AUTH_KEY here holds a key that the master"
                  + " was started with",
              failure);
      case FAILED_PRECONDITION -> new DialFailure(Kind.INCOMPATIBLE, master + ": " + said, failure);
      case UNIMPLEMENTED ->
          new DialFailure(
              Kind.NOT_A_MASTER,
              "what listens at "
                  + options.masterAddress()
                  + " is a gRPC server, but not a Muster master; check the address",
              failure);
      case DEADLINE_EXCEEDED ->
          new DialFailure(
              Kind.UNREACHABLE, master + " cannot be reached: no answer in time", failure);
      default -> transport(failure, options, master, said);
    };
  }

  private static DialFailure transport(
      Throwable failure, ConnectOptions options, String master, String said) {
    if (causeOf(failure, NotSslRecordException.class) != null) {
      return new DialFailure(
          Kind.NOT_A_MASTER,
          master
              + " does not speak TLS; if it was started with --plaintext on this machine, connect"
              + " with --plaintext too",
          failure);
    }
    if (options.plaintext() && causeOf(failure, Http2Exception.class) != null) {
      return new DialFailure(
          Kind.NOT_A_MASTER,
          "what listens at "
              + options.masterAddress()
              + " does not speak HTTP/2; check the address",
          failure);
    }
    if (options.plaintext() && (said.contains(CLOSED_BY_PEER) || wasReset(failure))) {
      return unreachable(
          master,
          "it closed the connection at once; if it uses TLS (the default), connect without"
              + " --plaintext",
          failure);
    }
    if (causeOf(failure, UnknownHostException.class) != null) {
      return unreachable(master, "the host name cannot be resolved; check the address", failure);
    }
    ConnectException refused = causeOf(failure, ConnectException.class);
    if (refused != null && String.valueOf(refused.getMessage()).contains("refused")) {
      return unreachable(master, "connection refused; is it running?", failure);
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String detail = root == failure || root.getMessage() == null ? said : root.getMessage();
    return unreachable(master, detail.replaceAll("\\s+", " "), failure);
  }

  /** A TLS server that is sent something else closes; whether that shows as a reset is a race. */
  private static boolean wasReset(Throwable failure) {
    IOException io = causeOf(failure, IOException.class);
    return io != null && String.valueOf(io.getMessage()).contains("reset by peer");
  }

  private static DialFailure unreachable(String master, String why, Throwable failure) {
    return new DialFailure(Kind.UNREACHABLE, master + " cannot be reached: " + why, failure);
  }

  private static <T extends Throwable> @Nullable T causeOf(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }

  /** A new exception each time: it is thrown in the thread of whoever asks. */
  MusterException toException() {
    return switch (kind) {
      case KEY_REFUSED, STRANGER -> new AuthenticationException(message, cause);
      case INCOMPATIBLE -> new MusterException(message, cause);
      case NOT_A_MASTER, UNREACHABLE -> new UnreachableException(message, cause);
    };
  }
}
