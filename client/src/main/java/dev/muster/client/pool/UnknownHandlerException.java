package dev.muster.client.pool;

import dev.muster.common.MusterException;
import java.util.Set;

/** Workers serve the queue, and none of them has the handler. */
public final class UnknownHandlerException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final String queue;
  private final String handler;

  UnknownHandlerException(String queue, String handler, Set<String> known) {
    super(
        "no worker of queue "
            + queue
            + " has handler \""
            + handler
            + "\"; they have: "
            + (known.isEmpty() ? "none" : String.join(", ", known)));
    this.queue = queue;
    this.handler = handler;
  }

  public String queue() {
    return queue;
  }

  /** The handler that was asked for. */
  public String handler() {
    return handler;
  }
}
