package dev.muster.worker;

import dev.muster.proto.v1.Offer;
import java.util.Map;

/** Which task a handler runs, and whether it still should. Thread-safe. */
public final class TaskContext {
  private final Offer offer;
  private final int index;
  private volatile boolean cancelled;

  TaskContext(Offer offer, int index) {
    this.offer = offer;
    this.index = index;
  }

  /** The task's id, as {@code enqueue} returned it. */
  public long taskId() {
    return offer.getIds(index);
  }

  /** The queue that it came from. */
  public String queue() {
    return offer.getQueue();
  }

  /** The handler's name, as the task gives it. */
  public String handler() {
    return offer.getOptions().getHandler();
  }

  /** How often it was leased, this time included: from 1. */
  public int attempt() {
    return offer.getAttemptsCount() == 0 ? 1 : offer.getAttempts(index);
  }

  /** What the producer attached. */
  public Map<String, String> headers() {
    return offer.getOptions().getHeadersMap();
  }

  /**
   * Whether the task was called off, belongs to another worker by now, or must end because this
   * worker goes: its result will not count. A long task should look now and then, and return.
   */
  public boolean isCancelled() {
    return cancelled;
  }

  Offer offer() {
    return offer;
  }

  int index() {
    return index;
  }

  void cancel() {
    cancelled = true;
  }
}
