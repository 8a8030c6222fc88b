package dev.muster.client.pool;

import dev.muster.client.pool.MapEngine.Wish;
import dev.muster.client.pool.MapWindow.HandOut;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.common.codec.CodecException;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The results of a map, one after the other; waits for those that are to come. For one thread, but
 * for {@link #progress}, {@link #close} and {@link #cancel}.
 *
 * <p>Must be read to its end, or closed: while nobody reads, the map comes to rest, and holds what
 * it has planned.
 */
public final class MapResults<R> implements Iterator<R>, AutoCloseable {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(60);
  private static final long FOREVER = Long.MAX_VALUE / 4;

  private final MapEngine engine;
  private final RemoteFunction<?, R> function;
  private @Nullable HandOut peeked;

  MapResults(MapEngine engine, RemoteFunction<?, R> function) {
    this.engine = engine;
    this.function = function;
  }

  /**
   * Whether an item is to come; waits until that is known. Asks for the next item: the one before
   * is delivered with it.
   *
   * @throws MusterException when the map cannot go on: its handler is not known, the master stays
   *     unreachable, another caller has it, it was called off
   */
  @Override
  public boolean hasNext() {
    return peek(FOREVER) != null;
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
    HandOut next = peek(FOREVER);
    if (next == null) {
      throw new NoSuchElementException("the last item of the map was handed out");
    }
    peeked = null;
    return decoded(next);
  }

  /**
   * What is there now: at least one item, unless the time-out or the end comes first.
   *
   * @param max at most so many, at least 1. Without {@link MapOptions#acknowledgedByHand} all but
   *     the last count as delivered when this returns
   * @return in the order of the map; empty at the end, see {@link #hasNext}, or when nothing came
   *     in time
   * @throws MusterException as {@link #hasNext}, only when nothing was taken: else what was taken
   *     is returned, and the next call throws
   */
  public List<ItemResult<R>> poll(int max, Duration timeout) {
    List<ItemResult<R>> taken = new ArrayList<>();
    HandOut next = peek(Math.min(FOREVER, timeout.toNanos()));
    while (next != null) {
      peeked = null;
      taken.add(decoded(next));
      next = taken.size() < max ? engine.nextIfThere() : null;
    }
    return taken;
  }

  private @Nullable HandOut peek(long timeoutNanos) {
    if (peeked == null) {
      try {
        peeked = engine.next(timeoutNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MusterException("interrupted while results of a map were awaited");
      }
    }
    return peeked;
  }

  private ItemResult<R> decoded(HandOut item) {
    ChunkResult of = item.part().result();
    int entry = item.entry();
    int attempts = of.getAttemptsCount() == 0 ? 1 : of.getAttempts(entry);
    long runUs = entry < of.getRunUsCount() ? Integer.toUnsignedLong(of.getRunUs(entry)) : 0;
    Failure failure = item.part().failures().get(entry);
    R value = null;
    if (failure == null) {
      try {
        value = function.read(of.getValues(entry));
      } catch (RuntimeException e) { // any codec's: the items taken with it must not be lost
        failure = unreadable(e);
      }
    }
    return new ItemResult<>(
        item.index(),
        value,
        failure == null ? null : RemoteFailure.ofItem(item.index(), failure),
        attempts,
        of.getWorker(),
        of.getStartedMs(),
        runUs);
  }

  private static Failure unreadable(RuntimeException why) {
    return Failure.newBuilder()
        .setKind(CodecException.class.getName())
        .setMessage(
            "its result cannot be read: "
                + (why instanceof CodecException ? why.getMessage() : why.toString()))
        .build();
  }

  /**
   * What was handed out is delivered, and will not come again after a resume; durable soon, and
   * certainly when {@link #close} returns. Only needed with {@link MapOptions#acknowledgedByHand}:
   * then a map rests while all that it may have under way is handed out and not acknowledged, and
   * asking for the next item is an {@link IllegalStateException}.
   */
  public void acknowledge() {
    engine.acknowledge();
  }

  /**
   * Waits until the map has begun, or cannot begin; at most so long. It begins when a worker is
   * there and no other caller has its name.
   *
   * @return whether {@link #deliveredBefore}, {@link #continues} and {@link #hasNext} know now
   *     whose items these are
   */
  public boolean awaitBegun(Duration timeout) throws InterruptedException {
    return engine.awaitBegun(Math.min(FOREVER, timeout.toNanos()));
  }

  /**
   * How many items earlier callers of this name had delivered; 0 for a map that begins here. Waits
   * until the map has begun.
   *
   * @throws MusterException when it cannot begin, as {@link #hasNext}
   */
  public long deliveredBefore() {
    try {
      return engine.deliveredBefore();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while a map was taken up");
    }
  }

  /**
   * Whether an earlier caller of this name has begun the map, even if it had nothing of it. Waits
   * until that is known.
   *
   * @throws MusterException when it cannot begin, as {@link #hasNext}
   */
  public boolean continues() {
    try {
      return engine.continues();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while a map was taken up");
    }
  }

  /** How far the map is. */
  public MapProgress progress() {
    return engine.progress();
  }

  /**
   * Ends the reading. A map with a name can be resumed: what was added runs on, its results wait;
   * an item that was not followed by asking for another one, or not acknowledged, comes again. A
   * map without a name is called off when it has not ended. Closing twice is harmless.
   *
   * @throws TimedOutException when the master did not take the last state within a minute
   */
  @Override
  public void close() {
    end(Wish.LEAVE);
  }

  /** Ends the map: calls off what waits and runs, and forgets its state. */
  public void cancel() {
    end(Wish.CANCEL);
  }

  /** As {@link #cancel}, without waiting for the end. */
  void callOff() {
    engine.wish(Wish.CANCEL);
  }

  private void end(Wish wish) {
    engine.wish(wish);
    try {
      if (!engine.awaitOver(CLOSE_TIMEOUT.toNanos())) {
        throw new TimedOutException(
            "the master did not take the last state of a map within "
                + CLOSE_TIMEOUT.toSeconds()
                + " s; what it has not taken comes again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
