package dev.muster.common;

import org.jspecify.annotations.Nullable;

/** No master answers at the address, or the connection to it is closed. */
public final class UnreachableException extends MusterException {
  private static final long serialVersionUID = 1L;

  public UnreachableException(String message) {
    super(message);
  }

  public UnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return 5;
  }
}
