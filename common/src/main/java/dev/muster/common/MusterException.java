package dev.muster.common;

import org.jspecify.annotations.Nullable;

/**
 * Something that a person can act on. The message stands alone: what was expected, what was found,
 * what to do. A command prints it as one line and ends with {@link #exitCode()}.
 */
public class MusterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message complete, for people, on one line
   */
  public MusterException(String message) {
    super(message);
  }

  /**
   * @param message complete, for people, on one line; does not rely on the cause being shown
   * @param cause for logs only; may be null
   */
  public MusterException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** What a command ends with: 2 usage, 3 timed out, 4 authentication, 5 unreachable, else 1. */
  public int exitCode() {
    return 1;
  }
}
