package dev.muster.worker;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler: the task failed, and trying again cannot help. It becomes a dead letter,
 * whatever number of attempts it has left. With a cause, the failure is grouped by the cause's
 * class. For exceptions that are not yours see {@link Worker.Builder#nonRetryable}.
 */
public class NonRetryableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NonRetryableException(String message) {
    super(message);
  }

  public NonRetryableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
