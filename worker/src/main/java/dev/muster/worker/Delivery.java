package dev.muster.worker;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a queue that this consumer holds until it is acknowledged, failed or given back;
 * once, the first word counts. When the process dies before, another consumer gets it. Thread-safe.
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

  boolean isDropped() {
    return slice.isDropped();
  }

  /** Done: removed for good, durably when {@link QueueConsumer#flush} has returned. */
  public void ack() {
    owner.settle(this, columns -> columns.completed(taskId(), token(), NOTHING, ""));
  }

  /** It could not be dealt with: it becomes a failed task, kept for a person. */
  public void fail(Exception reason) {
    owner.settle(this, columns -> columns.failed(taskId(), token(), Failures.thrown(reason)));
  }

  /** Somebody else may take it, at once. */
  public void giveBack() {
    owner.settle(this, columns -> columns.returned(taskId(), token()));
  }

  private static final ByteString NOTHING = ByteString.EMPTY;
}
