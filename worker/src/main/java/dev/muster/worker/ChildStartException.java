package dev.muster.worker;

import dev.muster.common.MusterException;

/** A process of handlers does not start, or cannot load them. */
final class ChildStartException extends MusterException {
  private static final long serialVersionUID = 1L;

  ChildStartException(String message) {
    super(message);
  }
}
