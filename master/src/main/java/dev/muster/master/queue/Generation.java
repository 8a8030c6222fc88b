package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.cursors.LongCursor;
import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
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

  private static final int DUE_BYTES = 16;

  /** What a task that is gone costs in memory, with its place on its page, bytes. */
  private static final int GONE_BYTES = 40;

  private final int number;
  private final IdPages<Change> changes = new IdPages<>();
  private final Map<LaneKey, Spill> spills = new HashMap<>();

  /** The one that was asked for last. */
  private @Nullable Spill lastSpill;

  private final List<QueueState> dirtyQueues = new ArrayList<>();
  private final Set<WorkerSession> dirtySessions = new HashSet<>();
  private final LongHashSet closedSessions = new LongHashSet();
  private final Set<Kept> dirtyKept = new HashSet<>();
  private final Set<Producer> dirtyProducers = new HashSet<>();
  private final Set<ByteString> goneProducers = new HashSet<>();
  private final Map<Family, NavigableMap<ByteString, ByteString>> records =
      new EnumMap<>(Family.class);
  private final DueTimes dueTimes = new DueTimes();
  private long bytes;

  // Set when it is frozen.
  private @Nullable MetaRecord meta;
  private final List<QueueRecord> queues = new ArrayList<>();
  private final List<SessionRecord> sessions = new ArrayList<>();
  private final List<ProducerRecord> producers = new ArrayList<>();

  /** What became of a task: it is another, or gone. */
  sealed interface Change permits Task, Gone {}

  /** A task that is no more, and the place where the store still has it. */
  record Gone(LaneKey lane, long position) implements Change {}

  /** Changes in place, and is written to its family as it is when the generation is frozen. */
  abstract static class Kept {
    /** Number of the generation that is to write it; 0: none. */
    private int dirtyIn;

    /** Puts its record. */
    abstract void keep(Generation generation);
  }

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
    return changes.isEmpty()
        && dirtyQueues.isEmpty()
        && dirtySessions.isEmpty()
        && closedSessions.isEmpty()
        && dirtyKept.isEmpty()
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

  /** What became of a task; null: nothing that this generation knows of. */
  @Nullable Change change(long id) {
    return changes.get(id);
  }

  void put(Task task) {
    changes.put(task.id, task);
    bytes += task.memoryBytes();
  }

  /** Goes through the tasks, but for those that are gone, in order of id. */
  void forEachTask(Consumer<Task> visit) {
    changes.forEach(
        (id, change) -> {
          if (change instanceof Task task) {
            visit.accept(task);
          }
        });
  }

  /** What a task of this generation costs has changed by so much. */
  void grew(int moreBytes) {
    bytes += moreBytes;
  }

  /** Forgets a task that the store never heard of. */
  void forget(Task task) {
    changes.remove(task.id);
    bytes -= task.memoryBytes();
  }

  /**
   * A task of this generation is gone, which the store knows at a place, or will when it has been
   * written. All that is kept of it is what it takes to delete it there.
   */
  void gone(Task task, LaneKey storedLane, long storedPosition) {
    changes.put(task.id, new Gone(storedLane, storedPosition));
    bytes += GONE_BYTES - task.memoryBytes();
  }

  void spill(LaneKey lane, long position, long id) {
    Spill spill = spill(lane);
    if (spill == null) {
      spill = new Spill(lane);
      spills.put(lane, spill);
    }
    spill.add(position, id);
    bytes += 16;
  }

  @SuppressWarnings("ReferenceEquality") // the usual case, quickly: a lane has one key object
  @Nullable Spill spill(LaneKey lane) {
    Spill last = lastSpill;
    if (last != null && last.lane == lane) {
      return last;
    }
    Spill spill = spills.get(lane);
    if (spill != null) {
      lastSpill = spill;
    }
    return spill;
  }

  /** A task of this generation is due at a time. */
  void due(Task task, long atMs) {
    dueTimes.add(atMs, task.id);
    task.dueIn = number;
    bytes += DUE_BYTES;
  }

  /**
   * A task is due no more.
   *
   * @return false: this generation does not know that it was
   */
  boolean dueNoMore(Task task, long atMs) {
    if (task.dueIn != number) {
      return false;
    }
    task.dueIn = 0;
    dueTimes.drop(atMs);
    bytes -= DUE_BYTES;
    return true;
  }

  /** Goes through the tasks that are due by the word of this generation, in order of time. */
  void scanDue(DueTimes.Visitor visit) {
    dueTimes.scan(
        (atMs, id) -> {
          boolean live =
              changes.get(id) instanceof Task task
                  && task.dueIn == number
                  && task.timerMs() == atMs;
          return !live || visit.due(atMs, id);
        });
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
    if (queue.dirtyIn != number) {
      queue.dirtyIn = number;
      dirtyQueues.add(queue);
    }
  }

  void dirty(WorkerSession session) {
    dirtySessions.add(session);
  }

  void closed(WorkerSession session) {
    dirtySessions.remove(session);
    closedSessions.add(session.number);
  }

  void dirty(Kept kept) {
    if (kept.dirtyIn != number) {
      kept.dirtyIn = number;
      dirtyKept.add(kept);
    }
  }

  /** It is no more: its record is to be deleted. */
  void gone(Kept kept, Family family, ByteString key) {
    kept.dirtyIn = 0;
    dirtyKept.remove(kept);
    delete(family, key);
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
    scanDue(
        (atMs, id) -> {
          put(Family.TIMERS, Timers.key(atMs, Timers.Kind.TASK, id), ByteString.EMPTY);
          return true;
        });
    dueTimes.clear();
    dirtyKept.forEach(kept -> kept.keep(this));
    dirtyQueues.forEach(queue -> queues.add(queue.toRecord()));
    dirtySessions.forEach(session -> sessions.add(session.toRecord()));
    dirtyProducers.forEach(producer -> producers.add(producer.toRecord()));
  }

  /** Adds all of it to one batch. On the flusher's thread; frozen only. */
  public void writeTo(StateStore.Batch batch) {
    TaskWriter writer = new TaskWriter(batch);
    changes.forEach(writer);
    writer.end();
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

  private MetaRecord frozenMeta() {
    if (meta == null) {
      throw new IllegalStateException("generation " + number + " is not frozen");
    }
    return meta;
  }

  /** The places of one lane that did not fit in its window, in order. */
  static final class Spill {
    private final LaneKey lane;
    private final LongArrayList positions = new LongArrayList();
    private final LongArrayList ids = new LongArrayList();

    private Spill(LaneKey lane) {
      this.lane = lane;
    }

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
