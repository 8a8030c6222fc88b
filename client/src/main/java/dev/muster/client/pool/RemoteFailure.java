package dev.muster.client.pool;

import dev.muster.common.MusterException;
import dev.muster.proto.v1.Failure;

/**
 * A handler failed, on another machine. Its printed stack trace shows the remote one as the cause.
 */
public final class RemoteFailure extends MusterException {
  private static final long serialVersionUID = 1L;

  private final long index;
  // A generated message; it writes itself when this exception is serialized, which we never do.
  private final Failure failure;

  RemoteFailure(String message, long index, Failure failure) {
    super(message, failure.getDetail().isEmpty() ? null : new RemoteStack(failure.getDetail()));
    this.index = index;
    this.failure = failure;
  }

  static RemoteFailure ofItem(long index, Failure failure) {
    return new RemoteFailure("item " + index + " failed: " + sentence(failure), index, failure);
  }

  static RemoteFailure ofCall(String handler, Failure failure) {
    return new RemoteFailure("\"" + handler + "\" failed: " + sentence(failure), 0, failure);
  }

  private static String sentence(Failure failure) {
    return failure.getMessage().isEmpty()
        ? failure.getKind()
        : failure.getKind() + ": " + failure.getMessage();
  }

  /** The item's place in the input, from 0. */
  public long index() {
    return index;
  }

  /** Short and stable, to group by: the class of the remote exception, or "muster.…". */
  public String kind() {
    return failure.getKind();
  }

  /** What the remote exception said; may be empty. */
  public String remoteMessage() {
    return failure.getMessage();
  }

  /** The remote stack trace as text; empty when there is none. */
  public String remoteStack() {
    return failure.getDetail();
  }

  /** Prints as the remote stack trace; has none of its own. */
  private static final class RemoteStack extends Exception {
    private static final long serialVersionUID = 1L;

    RemoteStack(String stack) {
      super(stack.strip(), null, false, false);
    }

    @SuppressWarnings("OverrideThrowableToString") // its class is of no interest to who reads it
    @Override
    public String toString() {
      return "on the worker: " + getMessage();
    }
  }
}
