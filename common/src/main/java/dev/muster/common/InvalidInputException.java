package dev.muster.common;

import org.jspecify.annotations.Nullable;

/** A value that a person gave does not fit: an option, a key, a file, a name. */
public final class InvalidInputException extends MusterException {
  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return 2;
  }
}
