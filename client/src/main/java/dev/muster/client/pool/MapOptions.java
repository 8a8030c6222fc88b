package dev.muster.client.pool;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.Chunk;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How a map runs. Immutable: each method gives a changed copy.
 *
 * <pre>{@code
 * MapOptions nightly = MapOptions.defaults().named("nightly").maxAttempts(3);
 * }</pre>
 */
@CheckReturnValue
public final class MapOptions {
  /** Most items of one chunk. */
  public static final int CHUNK_ITEMS_MAX = 4_096;

  private static final int NAME_LENGTH_MAX = 200;
  private static final Duration BACKOFF_MAX = Duration.ofMillis(Limits.BACKOFF_MS_MAX);
  private static final MapOptions DEFAULTS =
      new MapOptions(
          "",
          0,
          Chunk.newBuilder()
              .setMaxAttempts(1)
              .setBackoffMinMs(1_000)
              .setBackoffMaxMs(600_000)
              .build(),
          0,
          false,
          false,
          notice -> {});

  private final String name;
  private final int chunkSize;

  /** What all chunks of the map say alike: how their items are run and tried again. */
  private final Chunk common;

  private final int priority;
  private final boolean acknowledgedByHand;
  private final boolean mustBeNew;
  private final Consumer<String> notices;

  private MapOptions(
      String name,
      int chunkSize,
      Chunk common,
      int priority,
      boolean acknowledgedByHand,
      boolean mustBeNew,
      Consumer<String> notices) {
    this.name = name;
    this.chunkSize = chunkSize;
    this.common = common;
    this.priority = priority;
    this.acknowledgedByHand = acknowledgedByHand;
    this.mustBeNew = mustBeNew;
    this.notices = notices;
  }

  /** No name, automatic chunks, one attempt, no limit. */
  public static MapOptions defaults() {
    return DEFAULTS;
  }

  /**
   * A durable map: its state and its results are on the master, so that a caller that died is
   * followed by another one with the same name, from any process, which goes on where it stopped.
   * That one gives the same items again, in the same order; those that were planned are skipped.
   * One caller at a time. By default a map has no name, and ends with its caller.
   *
   * @param name [A-Za-z0-9._:/-]{1,200}; not one that ends in ".state" or ".lock", for map/NAME,
   *     map/NAME.state and map/NAME.lock are the map's queues
   */
  public MapOptions named(String name) {
    if (name.length() > NAME_LENGTH_MAX) {
      throw new InvalidInputException(
          "a map's name must have at most "
              + NAME_LENGTH_MAX
              + " characters, found "
              + name.length());
    }
    if (name.endsWith(MapStore.STATE) || name.endsWith(MapStore.LOCK)) {
      throw new InvalidInputException(
          "a map's name must not end in %s or %s, found %s: queues of the map %s are called so"
              .formatted(
                  MapStore.STATE, MapStore.LOCK, name, name.substring(0, name.lastIndexOf('.'))));
    }
    return new MapOptions(
        QueueName.check(name), chunkSize, common, priority, acknowledgedByHand, mustBeNew, notices);
  }

  /**
   * Only as a map that begins: when a map of its name has begun before, and was not forgotten, this
   * one fails with a {@link MapNameTakenException}, and none of its items is read. By default it
   * goes on with that one. Of no effect without a name.
   */
  public MapOptions mustBeNew() {
    return new MapOptions(name, chunkSize, common, priority, acknowledgedByHand, true, notices);
  }

  /**
   * So many items in each task: 1 to 4,096, less when they are large. By default automatic: one
   * item at first, then as many as take a quarter of a second by what was measured; and a worker
   * gives the rest of a chunk to others when it takes too long.
   */
  public MapOptions chunkSize(int items) {
    return new MapOptions(
        name,
        InRange.check("chunk size", 1, CHUNK_ITEMS_MAX, items),
        common,
        priority,
        acknowledgedByHand,
        mustBeNew,
        notices);
  }

  /**
   * How often the handler may run an item that fails: 1 (the default) to 1,000. An item whose
   * failure is final is not tried again.
   *
   * <p>What ends an attempt without a word of its handler is not counted here. An item that brings
   * its worker or its process down is set aside after the crashes that its queue allows. A handler
   * that is deaf to {@link #itemLimit} holds up the whole chunk, so its item is singled out, and
   * alone it is tried up to five times, whatever this number says; on threads each of these
   * attempts leaves a slot that is lost until the handler ends.
   */
  public MapOptions maxAttempts(int attempts) {
    return with(
        common.toBuilder()
            .setMaxAttempts(InRange.check("maximum attempts", 1, Limits.ATTEMPTS_MAX, attempts)));
  }

  /**
   * The wait before an item is tried again: the shortest, doubling, to the longest; 1 s to 10 min
   * by default.
   *
   * @param max at most 30 days
   */
  public MapOptions backoff(Duration min, Duration max) {
    long minMs = InRange.ms("shortest back-off", min, BACKOFF_MAX);
    long maxMs = InRange.ms("longest back-off", max, BACKOFF_MAX);
    if (minMs > maxMs) {
      throw new InvalidInputException(
          "the longest back-off must not be less than the shortest, found " + min + " to " + max);
    }
    return with(common.toBuilder().setBackoffMinMs((int) minMs).setBackoffMaxMs((int) maxMs));
  }

  /**
   * How long the handler may take for one item: then its thread is interrupted and the item has
   * failed, to be tried again as others. At most a day; without limit by default. A handler that
   * goes on all the same is given up with its chunk, after 15 s or more: see {@link #maxAttempts}.
   */
  public MapOptions itemLimit(Duration limit) {
    return with(
        common.toBuilder()
            .setItemLimitMs(InRange.ms("limit of an item", limit, Duration.ofDays(1))));
  }

  /** 0 (the default) to 9; 9 goes first. */
  public MapOptions priority(int priority) {
    return new MapOptions(
        name,
        chunkSize,
        common,
        InRange.check("priority", 0, Limits.PRIORITY_MAX, priority),
        acknowledgedByHand,
        mustBeNew,
        notices);
  }

  /**
   * An item counts as delivered only when {@link MapResults#acknowledge} says so, for who writes
   * results somewhere and must not lose one. By default it does when the next one is asked for.
   */
  public MapOptions acknowledgedByHand() {
    return new MapOptions(name, chunkSize, common, priority, true, mustBeNew, notices);
  }

  /**
   * Told what a person should know: that no worker is there, that another caller has the map. On a
   * thread of the map; must be short.
   */
  public MapOptions onNotice(Consumer<String> listener) {
    return new MapOptions(
        name, chunkSize, common, priority, acknowledgedByHand, mustBeNew, listener);
  }

  /** Empty: none. */
  public String name() {
    return name;
  }

  /** 0: automatic. */
  int chunkSize() {
    return chunkSize;
  }

  /** What all chunks say alike. */
  Chunk common() {
    return common;
  }

  int priority() {
    return priority;
  }

  boolean isNewDemanded() {
    return mustBeNew;
  }

  boolean isAcknowledgedByHand() {
    return acknowledgedByHand;
  }

  void notice(String text) {
    notices.accept(text);
  }

  private MapOptions with(Chunk.Builder changed) {
    return new MapOptions(
        name, chunkSize, changed.build(), priority, acknowledgedByHand, mustBeNew, notices);
  }
}
