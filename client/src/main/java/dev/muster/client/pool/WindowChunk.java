package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.ItemFailure;
import dev.muster.proto.v1.PlannedChunk;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A chunk that is planned and not wholly delivered. Pure; guarded by its owner. */
final class WindowChunk {
  private final long index;
  private final long firstItem;
  private final int items;
  private final @Nullable Part[] parts;
  private final int[] entries;
  private final BitSet delivered;
  private final BitSet handedOut;
  private final Map<Long, Leased> leases = new HashMap<>();
  private final Set<Long> tasks = new HashSet<>();

  /** Keys of its tasks: of the first, which is empty, and of those with what was left. */
  private final Set<String> known = new HashSet<>(Set.of(""));

  private final Set<String> ended = new HashSet<>();
  private long task;
  private int received;
  private int next;
  private boolean answered;
  private long sentBytes;
  private long heldBytes;
  private @Nullable Failure last;

  WindowChunk(long index, long firstItem, int items, long sentBytes) {
    this(index, firstItem, items, new BitSet(items));
    this.sentBytes = sentBytes;
  }

  private WindowChunk(long index, long firstItem, int items, BitSet delivered) {
    this.index = index;
    this.firstItem = firstItem;
    this.items = items;
    this.parts = new Part[items];
    this.entries = new int[items];
    this.delivered = delivered;
    this.handedOut = (BitSet) delivered.clone();
    this.received = delivered.cardinality();
  }

  static WindowChunk of(PlannedChunk planned) {
    WindowChunk chunk =
        new WindowChunk(
            planned.getIndex(),
            planned.getFirstItem(),
            planned.getItems(),
            BitSet.valueOf(planned.getDelivered().toByteArray()));
    chunk.task = planned.getTask();
    return chunk;
  }

  PlannedChunk toProto() {
    return PlannedChunk.newBuilder()
        .setIndex(index)
        .setFirstItem(firstItem)
        .setItems(items)
        .setTask(task)
        .setDelivered(ByteString.copyFrom(delivered.toByteArray()))
        .build();
  }

  /** A result of some of its items; failures by entry. */
  static final class Part {
    private final ChunkResult result;
    private final Map<Integer, Failure> failures;

    private Part(ChunkResult result, Map<Integer, Failure> failures) {
      this.result = result;
      this.failures = failures;
    }

    ChunkResult result() {
      return result;
    }

    Map<Integer, Failure> failures() {
      return failures;
    }

    static Part of(ChunkResult result) {
      Map<Integer, Failure> failures = new HashMap<>();
      for (ItemFailure failed : result.getFailuresList()) {
        failures.put(failed.getEntry(), failed.getFailure());
      }
      return new Part(result, failures);
    }
  }

  /**
   * Some items have ended. What is known already stays as it is.
   *
   * @return how many items are new
   */
  int receive(Part part) {
    ChunkResult result = part.result();
    answered = true;
    ended.add(result.getKey());
    known.addAll(result.getFollowUpsList());
    int fresh = 0;
    for (int entry = 0; entry < result.getValuesCount(); entry++) {
      int place = result.getPlacesCount() == 0 ? entry : result.getPlaces(entry);
      if (place < items && parts[place] == null && !delivered.get(place)) {
        parts[place] = part;
        entries[place] = entry;
        fresh++;
      }
    }
    received += fresh;
    heldBytes += result.getSerializedSize() + 64L * fresh;
    return fresh;
  }

  /** One of its tasks ended without a result. */
  void fail(String key, Failure failure) {
    answered = true;
    ended.add(key);
    last = failure;
  }

  /**
   * What becomes of items that no task brings any more. In whatever order results come, what
   * follows from a task is known when its own result is there.
   *
   * @return null: nothing is missing, or tasks are still to end
   */
  @Nullable Part missing() {
    if (received == items || !ended.containsAll(known)) {
      return null;
    }
    return missing(
        last != null
            ? last
            : Failure.newBuilder()
                .setKind("muster.LostItem")
                .setMessage("all tasks of the item's chunk have ended, and none names the item")
                .build());
  }

  private Part missing(Failure failure) {
    ChunkResult.Builder result = ChunkResult.newBuilder().setIndex(index);
    for (int place = 0; place < items; place++) {
      if (parts[place] == null && !delivered.get(place)) {
        result
            .addFailures(
                ItemFailure.newBuilder().setEntry(result.getValuesCount()).setFailure(failure))
            .addValues(ByteString.EMPTY)
            .addPlaces(place)
            .addAttempts(0);
      }
    }
    return Part.of(result.build());
  }

  long index() {
    return index;
  }

  long firstItem() {
    return firstItem;
  }

  int items() {
    return items;
  }

  long sentBytes() {
    return sentBytes;
  }

  long heldBytes() {
    return heldBytes;
  }

  /** Its first task; 0: not known. */
  long task() {
    return task;
  }

  void task(long id) {
    task = id;
  }

  /** All tasks that are known: the first one and those with what was left. */
  Set<Long> tasks() {
    return tasks;
  }

  /** What it holds of a result queue, by task. */
  Map<Long, Leased> leases() {
    return leases;
  }

  /** Whether a task of it has ended: what is still to come may wait for a long time. */
  boolean isAnswered() {
    return answered;
  }

  boolean isReceived() {
    return received == items;
  }

  boolean isDelivered() {
    return delivered.cardinality() == items;
  }

  int deliveredCount() {
    return delivered.cardinality();
  }

  /** The lowest place that was not handed out; {@code items} when there is none. */
  int next() {
    next = handedOut.nextClearBit(next);
    return next;
  }

  /** The result that has this item; null: none has come. */
  @Nullable Part part(int place) {
    return parts[place];
  }

  int entry(int place) {
    return entries[place];
  }

  /** Whether it was handed out now; false: it was before. */
  boolean handOut(int place) {
    if (handedOut.get(place)) {
      return false;
    }
    handedOut.set(place);
    return true;
  }

  void deliver(int place) {
    delivered.set(place);
    if (parts[place] != null) {
      parts[place] = null; // its value is not needed any more
    }
  }

  /** All that was handed out is delivered. */
  void deliverHandedOut() {
    delivered.or(handedOut);
  }
}
