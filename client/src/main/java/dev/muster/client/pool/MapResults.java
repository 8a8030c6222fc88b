package dev.muster.client.pool;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The results of a map, one after the other; waits for those that are to come. For one thread, but
 * for {@link #progress}, {@link #close} and {@link #cancel}.
 *
 * <p>Must be read to its end, or closed: while nobody reads, the map comes to rest, and a map that
 * has no name holds its work on the workers.
 */
public final class MapResults<R> implements Iterator<R>, AutoCloseable {
  MapResults() {}

  /**
   * Whether an item is to come; waits until that is known.
   *
   * @throws MusterException when the map cannot go on
   */
  @Override
  public boolean hasNext() {
    throw new UnsupportedOperationException();
  }

  /**
   * The next item's value.
   *
   * @throws RemoteFailure when the item failed; the next call gives the next item
   * @throws NoSuchElementException after the last one
   */
  @Override
  public @Nullable R next() {
    return nextResult().get();
  }

  /** As {@link #next}, with a failure as a value. */
  public ItemResult<R> nextResult() {
    throw new UnsupportedOperationException();
  }

  /**
   * What is there now, at least one item unless the time-out or the end comes first.
   *
   * @param max at most so many
   * @return in the order of the map; empty at the end, see {@link #hasNext}, or when nothing came
   *     in time
   */
  public List<ItemResult<R>> poll(int max, Duration timeout) {
    throw new UnsupportedOperationException();
  }

  /**
   * What was handed out is delivered, and will not come again after a resume; durable soon, and
   * certainly when {@link #close} returns. Only needed with {@link MapOptions#acknowledgedByHand}:
   * then a map waits while so much is not acknowledged as it may have under way.
   */
  public void acknowledge() {
    throw new UnsupportedOperationException();
  }

  /** How many items an earlier caller of this name had delivered; 0 for a map that began here. */
  public long deliveredBefore() {
    throw new UnsupportedOperationException();
  }

  /** How far the map is. */
  public MapProgress progress() {
    throw new UnsupportedOperationException();
  }

  /**
   * Ends the reading. A map with a name can be resumed: what was added runs on, its results wait. A
   * map without one is called off. Closing twice is harmless.
   *
   * @throws TimedOutException when the master did not take the last acknowledgement in time
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  /** Ends the map: calls off what waits and runs, and forgets its state. */
  public void cancel() {
    throw new UnsupportedOperationException();
  }
}
