package dev.muster.worker;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler: the attempt failed as this says, instead of by the class, the message and
 * the stack trace of an exception. For a handler that passes on what went wrong elsewhere, in a
 * program or behind a service.
 */
public class FailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String kind;
  private final String detail;
  private final boolean retryable;

  /** A failure without detail. */
  public FailureException(String kind, String message, boolean retryable) {
    this(kind, message, "", retryable);
  }

  /**
   * @param kind what to group by: short and stable; at most 255 bytes are kept
   * @param message for a person; at most 4 KiB are kept
   * @param detail what else there is to know; at most 16 KiB are kept
   * @param retryable false when trying again cannot help: the task is then a dead letter at once
   */
  public FailureException(String kind, String message, String detail, boolean retryable) {
    super(message);
    this.kind = kind;
    this.detail = detail;
    this.retryable = retryable;
  }

  /** With a cause for the log, which is not part of the failure. */
  public FailureException(
      String kind, String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.detail = "";
    this.retryable = retryable;
  }

  /** What failures are grouped by. */
  public String kind() {
    return kind;
  }

  /** What else there is to know; may be empty. */
  public String detail() {
    return detail;
  }

  /** Whether trying again can help. */
  public boolean isRetryable() {
    return retryable;
  }
}
