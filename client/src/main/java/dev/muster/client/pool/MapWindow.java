package dev.muster.client.pool;

import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.WindowChunk.Part;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.MapRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a map that are planned and not wholly delivered, and the order in which their items
 * are handed out. Bounded, whatever the length of the input. Pure; guarded by its owner.
 */
final class MapWindow {
  private static final int CHUNKS_MAX = 1_024;
  private static final long SENT_BYTES_MAX = 8 << 20;
  private static final long HELD_BYTES_MAX = 8 << 20;
  private static final int UNFINISHED_MIN = 16;
  private static final int UNFINISHED_MAX = 512;

  private final boolean ordered;
  private final TreeMap<Long, WindowChunk> chunks = new TreeMap<>();

  /** In order: chunks that have items to hand out. */
  private final Deque<WindowChunk> line = new ArrayDeque<>();

  /** Not in order: what has come and is not wholly handed out. */
  private final Deque<Arrived> arrived = new ArrayDeque<>();

  /** Chunks with items that were handed out and are not delivered. */
  private final Set<WindowChunk> touched = new HashSet<>();

  private final List<Leased> released = new ArrayList<>();
  private @Nullable HandOut last;
  private int unfinishedMax = UNFINISHED_MIN;
  private int unfinished;
  private long sentBytes;
  private long heldBytes;
  private long items;
  private long planned;
  private long delivered;
  private long received;
  private long failed;
  private long retried;

  MapWindow(boolean ordered) {
    this.ordered = ordered;
  }

  /** One item that goes to the caller. */
  record HandOut(WindowChunk chunk, int place, Part part, int entry) {
    long index() {
      return chunk.firstItem() + place;
    }
  }

  private static final class Arrived {
    final WindowChunk chunk;
    final Part part;
    int next;

    Arrived(WindowChunk chunk, Part part) {
      this.chunk = chunk;
      this.part = part;
    }
  }

  /** Takes up a map where an earlier caller left it. */
  void restore(MapRecord record) {
    items = record.getItems();
    planned = record.getChunks();
    failed = record.getFailed();
    retried = record.getRetried();
    long partly = 0;
    for (var plannedChunk : record.getWindowList()) {
      WindowChunk chunk = WindowChunk.of(plannedChunk);
      join(chunk);
      partly += chunk.deliveredCount();
    }
    delivered = record.getDelivered() - partly;
    received = record.getDelivered();
  }

  void writeTo(MapRecord.Builder record) {
    long partly = 0;
    for (WindowChunk chunk : chunks.values()) {
      record.addWindow(chunk.toProto());
      partly += chunk.deliveredCount();
    }
    record
        .setOrdered(ordered)
        .setItems(items)
        .setChunks(planned)
        .setDelivered(delivered + partly)
        .setFailed(failed)
        .setRetried(retried);
  }

  /** So many chunks may be unfinished: some for each slot of the workers, so that none waits. */
  void slots(long slots) {
    unfinishedMax = (int) Math.max(UNFINISHED_MIN, Math.min(UNFINISHED_MAX, 4 * slots + 8));
  }

  /** Whether one more chunk may be planned. */
  boolean hasRoom() {
    boolean idle = unfinished == 0 || (unfinished < unfinishedMax && sentBytes < SENT_BYTES_MAX);
    return idle && chunks.size() < CHUNKS_MAX && heldBytes < HELD_BYTES_MAX;
  }

  WindowChunk plan(int count, long bytes) {
    WindowChunk chunk = new WindowChunk(planned++, items, count, bytes);
    items += count;
    join(chunk);
    return chunk;
  }

  private void join(WindowChunk chunk) {
    chunks.put(chunk.index(), chunk);
    if (ordered) {
      line.addLast(chunk);
    }
    unfinished++;
    sentBytes += chunk.sentBytes();
  }

  /**
   * A result came.
   *
   * @param lease what holds it, to be settled when its chunk is delivered; null: nothing does
   * @return its chunk if the result is new; null: known already
   */
  @Nullable WindowChunk receive(ChunkResult result, @Nullable Leased lease) {
    WindowChunk chunk = chunks.get(result.getIndex());
    if (chunk == null) { // delivered long ago: its acknowledgement was lost
      release(lease);
      return null;
    }
    if (lease != null && chunk.leases().put(lease.id(), lease) != null) {
      return null; // the lease ran out and was taken again
    }
    retried += result.getRetried();
    answered(chunk);
    receive(chunk, Part.of(result));
    failMissing(chunk);
    return chunk;
  }

  /**
   * A task of a chunk ended without a result.
   *
   * @param key of the task; empty: the chunk's first one
   */
  void fail(WindowChunk chunk, String key, Failure failure) {
    if (chunks.get(chunk.index()) == chunk && !chunk.isReceived()) {
      answered(chunk);
      chunk.fail(key, failure);
      failMissing(chunk);
    }
  }

  /** What waits for another attempt holds no place: it may do so for long. */
  private void answered(WindowChunk chunk) {
    if (!chunk.isAnswered()) {
      unfinished--;
      sentBytes -= chunk.sentBytes();
    }
  }

  private void failMissing(WindowChunk chunk) {
    Part missing = chunk.missing();
    if (missing != null) {
      receive(chunk, missing);
    }
  }

  private void receive(WindowChunk chunk, Part part) {
    long heldBefore = chunk.heldBytes();
    int fresh = chunk.receive(part);
    heldBytes += chunk.heldBytes() - heldBefore;
    received += fresh;
    failed += fresh == 0 ? 0 : part.failures().size();
    if (fresh > 0 && !ordered) {
      arrived.addLast(new Arrived(chunk, part));
    }
  }

  /** The next item for the caller; null: none is there. */
  @Nullable HandOut next() {
    HandOut next = ordered ? nextInOrder() : nextArrived();
    if (next != null) {
      touched.add(next.chunk());
      last = next;
    }
    return next;
  }

  private @Nullable HandOut nextInOrder() {
    while (!line.isEmpty()) {
      WindowChunk chunk = line.getFirst();
      int place = chunk.next();
      if (place == chunk.items()) {
        line.removeFirst();
        continue;
      }
      Part part = chunk.part(place);
      if (part == null) {
        return null;
      }
      chunk.handOut(place);
      return new HandOut(chunk, place, part, chunk.entry(place));
    }
    return null;
  }

  private @Nullable HandOut nextArrived() {
    while (!arrived.isEmpty()) {
      Arrived head = arrived.getFirst();
      ChunkResult result = head.part.result();
      while (head.next < result.getValuesCount()) {
        int entry = head.next++;
        int place = result.getPlacesCount() == 0 ? entry : result.getPlaces(entry);
        WindowChunk chunk = head.chunk;
        if (place < chunk.items()
            && chunk.part(place) == head.part
            && chunk.entry(place) == entry
            && chunk.handOut(place)) {
          return new HandOut(chunk, place, head.part, entry);
        }
      }
      arrived.removeFirst();
    }
    return null;
  }

  /**
   * What was handed out last is delivered: the caller asks for the next.
   *
   * @return whether its chunk is wholly delivered with it
   */
  boolean deliverLast() {
    HandOut item = last;
    last = null;
    return item != null && deliver(item);
  }

  /** What was handed out last and is not delivered; null: nothing is. */
  @Nullable HandOut last() {
    return last;
  }

  /**
   * An item that was handed out is delivered.
   *
   * @return whether its chunk is wholly delivered with it
   */
  boolean deliver(HandOut item) {
    WindowChunk chunk = item.chunk();
    chunk.deliver(item.place());
    boolean whole = chunk.next() == chunk.items() && chunk.isDelivered();
    if (whole) {
      release(chunk);
    }
    return whole;
  }

  /** All that was handed out is delivered. */
  void deliverHandedOut() {
    last = null;
    for (WindowChunk chunk : List.copyOf(touched)) {
      chunk.deliverHandedOut();
      if (chunk.isDelivered()) {
        release(chunk);
      }
    }
    touched.clear();
  }

  /** A result that is not needed; null: nothing holds it. */
  void release(@Nullable Leased lease) {
    if (lease != null) {
      released.add(lease);
    }
  }

  private void release(WindowChunk chunk) {
    touched.remove(chunk);
    chunks.remove(chunk.index());
    delivered += chunk.items();
    heldBytes -= chunk.heldBytes();
    released.addAll(chunk.leases().values());
  }

  /** Leases of results that are not needed any more, once. */
  List<Leased> takeReleased() {
    List<Leased> taken = List.copyOf(released);
    released.clear();
    return taken;
  }

  @Nullable WindowChunk chunk(long index) {
    return chunks.get(index);
  }

  Collection<WindowChunk> chunks() {
    return chunks.values();
  }

  /** Whether it is full of what was handed out and not acknowledged. */
  boolean isStuck() {
    return unfinished == 0 && !hasRoom() && isHandedOut();
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  /** Whether every planned item was handed out. */
  boolean isHandedOut() {
    return chunks.values().stream().allMatch(chunk -> chunk.next() == chunk.items());
  }

  long items() {
    return items;
  }

  long received() {
    return received;
  }

  long failed() {
    return failed;
  }

  long retried() {
    return retried;
  }
}
