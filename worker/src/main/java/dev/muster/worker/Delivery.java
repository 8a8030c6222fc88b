package dev.muster.worker;

import dev.muster.proto.v1.Failure;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a queue that this consumer holds until it is acknowledged, failed or given back;
 * once, the first word counts; a task that somebody cancels has its word. When the process dies
 * before, another consumer gets it. Thread-safe.
 *
 * @param <E> the value
 */
public final class Delivery<E> {
  private final Deliveries<E> owner;
  private final OfferSlice slice;
  private final int index;
  private final E value;

  // A list of what is held, guarded by the owner: no other object is made for an entry.
  @Nullable Delivery<E> before;
  @Nullable Delivery<E> after;
  boolean held;

  Delivery(Deliveries<E> owner, OfferSlice slice, int index, E value) {
    this.owner = owner;
    this.slice = slice;
    this.index = index;
    this.value = value;
  }

  /** The entry. */
  public E value() {
    return value;
  }

  /** The id of the entry, which is a task. */
  public long taskId() {
    return slice.offer().getIds(index);
  }

  long token() {
    return slice.offer().getToken();
  }

  int cost() {
    return slice.cost();
  }

  /** Done: removed for good, durably when {@link QueueConsumer#flush} has returned. */
  public void ack() {
    owner.settle(this, columns -> columns.completed(taskId(), token(), EncodedValue.NONE));
  }

  /** It could not be dealt with: unless its queue tries again, it is a dead letter. */
  public void fail(Exception reason) {
    boolean retryable = !(reason instanceof NonRetryableException);
    long retryAfterMs = reason instanceof RetryLaterException later ? later.delayMs() : 0;
    Failure failure = Failures.thrown(reason, retryable);
    owner.settle(
        this, columns -> columns.failed(taskId(), token(), failure, retryAfterMs, 0, null));
  }

  /** Somebody else may take it, at once. */
  public void giveBack() {
    owner.settle(this, columns -> columns.returned(taskId(), token()));
  }
}
