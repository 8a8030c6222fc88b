package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import com.carrotsearch.hppc.cursors.LongCursor;
import com.carrotsearch.hppc.cursors.ObjectCursor;
import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What changed since the last flush. What was put and finished within one generation is in none of
 * its maps any more, and never reaches the store.
 *
 * <p>While it is current, the apply thread changes it. Frozen, it never changes again: the flusher
 * writes it while the apply thread reads it.
 */
public final class Generation {
  /** Stands where a record was deleted. */
  static final ByteString DELETED = ByteString.copyFromUtf8("deleted");

  /** What a record costs in memory beside its key and value, bytes; an estimate. */
  private static final int RECORD_BYTES = 100;

  private final int number;
  private final LongObjectHashMap<Task> tasks = new LongObjectHashMap<>();
  private final Map<LaneKey, Spill> spills = new HashMap<>();
  private final Set<QueueState> dirtyQueues = new HashSet<>();
  private final Set<WorkerSession> dirtySessions = new HashSet<>();
  private final LongHashSet closedSessions = new LongHashSet();
  private final Set<Producer> dirtyProducers = new HashSet<>();
  private final Set<ByteString> goneProducers = new HashSet<>();
  private final Map<Family, NavigableMap<ByteString, ByteString>> records =
      new EnumMap<>(Family.class);
  private long bytes;

  // Set when it is frozen.
  private @Nullable MetaRecord meta;
  private final List<QueueRecord> queues = new ArrayList<>();
  private final List<SessionRecord> sessions = new ArrayList<>();
  private final List<ProducerRecord> producers = new ArrayList<>();

  Generation(int number) {
    this.number = number;
    for (Family family : Family.values()) {
      records.put(family, new TreeMap<>(ByteString.unsignedLexicographicalComparator()));
    }
  }

  int number() {
    return number;
  }

  /** What it holds in memory, bytes, estimated. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return tasks.isEmpty()
        && dirtyQueues.isEmpty()
        && dirtySessions.isEmpty()
        && closedSessions.isEmpty()
        && dirtyProducers.isEmpty()
        && records.values().stream().allMatch(Map::isEmpty)
        && goneProducers.isEmpty();
  }

  /** Term of the last log entry in it; only once it is frozen. */
  public long appliedTerm() {
    return frozenMeta().getAppliedTerm();
  }

  /** Index of the last log entry in it; only once it is frozen. */
  public long appliedIndex() {
    return frozenMeta().getAppliedIndex();
  }

  @Nullable Task task(long id) {
    return tasks.get(id);
  }

  void put(Task task) {
    tasks.put(task.id, task);
    bytes += task.memoryBytes();
  }

  void forEachTask(Consumer<Task> visit) {
    for (ObjectCursor<Task> cursor : tasks.values()) {
      visit.accept(cursor.value);
    }
  }

  /** What a task of this generation costs has changed by so much. */
  void grew(int moreBytes) {
    bytes += moreBytes;
  }

  /** Forgets a task that the store never heard of. */
  void forget(Task task) {
    tasks.remove(task.id);
    bytes -= task.memoryBytes();
  }

  void spill(LaneKey lane, long position, long id) {
    spills.computeIfAbsent(lane, key -> new Spill()).add(position, id);
    bytes += 16;
  }

  @Nullable Spill spill(LaneKey lane) {
    return spills.get(lane);
  }

  /** A record of a family is to be written. */
  void put(Family family, ByteString key, ByteString value) {
    changesOf(family).put(key, value);
    bytes += RECORD_BYTES + key.size() + value.size();
  }

  /** A record of a family is to be deleted, whether the store has it or not. */
  void delete(Family family, ByteString key) {
    changesOf(family).put(key, DELETED);
    bytes += RECORD_BYTES + key.size();
  }

  /** What changed in a family, in order of key; {@link #DELETED} where a record went. */
  NavigableMap<ByteString, ByteString> changesOf(Family family) {
    return Objects.requireNonNull(records.get(family));
  }

  void dirty(QueueState queue) {
    dirtyQueues.add(queue);
  }

  void dirty(WorkerSession session) {
    dirtySessions.add(session);
  }

  void closed(WorkerSession session) {
    dirtySessions.remove(session);
    closedSessions.add(session.number);
  }

  void dirty(Producer producer) {
    goneProducers.remove(producer.key);
    dirtyProducers.add(producer);
  }

  void gone(Producer producer) {
    dirtyProducers.remove(producer);
    goneProducers.add(producer.key);
  }

  /**
   * Takes copies of what apply goes on changing in place. The tasks need none: apply copies those
   * before it changes them.
   */
  void freeze(MetaRecord meta) {
    this.meta = meta;
    dirtyQueues.forEach(queue -> queues.add(queue.toRecord()));
    dirtySessions.forEach(session -> sessions.add(session.toRecord()));
    dirtyProducers.forEach(producer -> producers.add(producer.toRecord()));
  }

  /** Adds all of it to one batch. On the flusher's thread; frozen only. */
  public void writeTo(StateStore.Batch batch) {
    for (ObjectCursor<Task> cursor : tasks.values()) {
      write(cursor.value, batch);
    }
    queues.forEach(batch::putQueue);
    sessions.forEach(batch::putSession);
    for (LongCursor cursor : closedSessions) {
      batch.deleteSession(cursor.value);
    }
    producers.forEach(batch::putProducer);
    goneProducers.forEach(key -> batch.deleteProducer(key.toByteArray()));
    records.forEach((family, changes) -> write(family, changes, batch));
    batch.putMeta(frozenMeta());
  }

  // The mark is one object, and an empty value is another: so they are told apart by identity.
  @SuppressWarnings("ReferenceEquality")
  private static void write(
      Family family, Map<ByteString, ByteString> changes, StateStore.Batch batch) {
    changes.forEach(
        (key, value) -> {
          if (value == DELETED) {
            batch.delete(family, key);
          } else {
            batch.put(family, key, value);
          }
        });
  }

  private static void write(Task task, StateStore.Batch batch) {
    boolean gone = task.state == TaskState.TASK_STATE_UNKNOWN;
    if (task.storedLane != null
        && (gone || task.storedPosition != task.position || !task.storedLane.equals(task.lane))) {
      batch.deletePlace(task.storedLane, task.storedPosition);
    }
    if (gone) {
      batch.deleteTask(task.id);
    } else {
      batch.putTask(task.toRecord());
      batch.putPlace(task.lane, task.position, task.id);
    }
  }

  private MetaRecord frozenMeta() {
    if (meta == null) {
      throw new IllegalStateException("generation " + number + " is not frozen");
    }
    return meta;
  }

  /** The places of one lane that did not fit in its window, in order. */
  static final class Spill {
    private final LongArrayList positions = new LongArrayList();
    private final LongArrayList ids = new LongArrayList();

    private void add(long position, long id) {
      positions.add(position);
      ids.add(id);
    }

    int size() {
      return positions.size();
    }

    long position(int i) {
      return positions.get(i);
    }

    long id(int i) {
      return ids.get(i);
    }

    /** Index of the first place at or after a position; {@link #size} when there is none. */
    int firstAt(long position) {
      int low = 0;
      int high = positions.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (positions.get(middle) < position) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }
}
