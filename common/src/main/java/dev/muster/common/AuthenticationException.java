package dev.muster.common;

import org.jspecify.annotations.Nullable;

/**
 * One side could not prove to the other that it holds the auth key, or that nobody stands between.
 */
public final class AuthenticationException extends MusterException {
  private static final long serialVersionUID = 1L;

  public AuthenticationException(String message) {
    super(message);
  }

  public AuthenticationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return 4;
  }
}
