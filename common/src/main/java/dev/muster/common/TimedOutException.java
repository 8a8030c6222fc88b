package dev.muster.common;

import org.jspecify.annotations.Nullable;

/** The time that the caller allowed ended first. Says nothing about whether the work goes on. */
public final class TimedOutException extends MusterException {
  private static final long serialVersionUID = 1L;

  public TimedOutException(String message) {
    super(message);
  }

  public TimedOutException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public int exitCode() {
    return 3;
  }
}
