package dev.muster.worker;

import dev.muster.common.MusterException;

/**
 * The task that this thread runs was called off; see {@link TaskContext#checkCancelled}. Let it
 * pass: the task is then recorded as cancelled, not as failed.
 */
public final class CancelledTaskException extends MusterException {
  private static final long serialVersionUID = 1L;

  public CancelledTaskException(String message) {
    super(message);
  }
}
