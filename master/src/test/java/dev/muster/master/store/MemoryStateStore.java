package dev.muster.master.store;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
import dev.muster.master.store.v1.TaskRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The state in plain maps, for tests: what was committed is there, what was not is not, and nothing
 * survives the object. Thread-safe, as one lock.
 */
public final class MemoryStateStore implements StateStore {
  private MetaRecord meta = MetaRecord.getDefaultInstance();
  private final NavigableMap<Long, TaskRecord> tasks = new TreeMap<>();
  private final NavigableMap<byte[], Long> order = new TreeMap<>(Arrays::compareUnsigned);
  private final NavigableMap<Integer, QueueRecord> queues = new TreeMap<>();
  private final NavigableMap<Long, SessionRecord> sessions = new TreeMap<>();
  private final Map<ByteString, ProducerRecord> producers = new HashMap<>();
  private final Map<Family, NavigableMap<ByteString, ByteString>> families =
      new EnumMap<>(Family.class);

  @Override
  public synchronized MetaRecord meta() {
    return meta;
  }

  @Override
  public synchronized @Nullable TaskRecord task(long id) {
    return tasks.get(id);
  }

  @Override
  public TaskReader taskReader(long last) {
    return new TaskReader() {
      @Override
      public @Nullable TaskRecord task(long id) {
        if (id > last) {
          throw new IllegalArgumentException("task " + id + " of a reader up to " + last);
        }
        return MemoryStateStore.this.task(id);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public synchronized void scan(LaneKey lane, long from, int limit, PlaceVisitor visit) {
    int left = limit;
    for (Map.Entry<byte[], Long> place : order.subMap(lane.at(from), lane.end()).entrySet()) {
      if (left-- == 0) {
        return;
      }
      visit.place(LaneKey.positionOf(place.getKey()), place.getValue());
    }
  }

  @Override
  public synchronized List<TaskRecord> leased() {
    List<TaskRecord> found = new ArrayList<>();
    byte kind = LaneKey.Kind.LEASED.code();
    for (Map.Entry<byte[], Long> place : order.tailMap(new byte[] {kind}).entrySet()) {
      if (place.getKey()[0] != kind) {
        break;
      }
      TaskRecord task = tasks.get(place.getValue());
      if (task == null) {
        throw new IllegalStateException("leased task " + place.getValue() + " has no record");
      }
      found.add(task);
    }
    return found;
  }

  /** Another one with the same state: what a crash leaves. */
  public synchronized MemoryStateStore copy() {
    MemoryStateStore copy = new MemoryStateStore();
    copy.meta = meta;
    copy.tasks.putAll(tasks);
    copy.order.putAll(order);
    copy.queues.putAll(queues);
    copy.sessions.putAll(sessions);
    copy.producers.putAll(producers);
    families.forEach((family, records) -> copy.family(family).putAll(records));
    return copy;
  }

  /** Every record and every place, by a name that tells it: equal for equal states. */
  public synchronized SortedMap<String, Object> contents() {
    SortedMap<String, Object> all = new TreeMap<>();
    all.put("meta", meta);
    tasks.forEach((id, record) -> all.put("task " + id, record));
    order.forEach((place, id) -> all.put("place " + HexFormat.of().formatHex(place), id));
    queues.forEach((number, record) -> all.put("queue " + number, record));
    sessions.forEach((number, record) -> all.put("session " + number, record));
    producers.forEach((key, record) -> all.put("producer " + key.toStringUtf8(), record));
    families.forEach(
        (family, records) ->
            records.forEach(
                (key, value) ->
                    all.put(family + " " + HexFormat.of().formatHex(key.toByteArray()), value)));
    return all;
  }

  /** How many tasks have a record. */
  public synchronized int taskCount() {
    return tasks.size();
  }

  /** How many tasks have a place in some lane: as many as have a record. */
  public synchronized int placeCount() {
    return order.size();
  }

  @Override
  public synchronized void queues(Consumer<QueueRecord> visit) {
    queues.values().forEach(visit);
  }

  @Override
  public synchronized void sessions(Consumer<SessionRecord> visit) {
    sessions.values().forEach(visit);
  }

  @Override
  public synchronized void producers(Consumer<ProducerRecord> visit) {
    producers.values().forEach(visit);
  }

  @Override
  public synchronized @Nullable ByteString get(Family family, ByteString key) {
    return family(family).get(key);
  }

  @Override
  public synchronized void scan(Family family, ByteString from, RecordVisitor visit) {
    for (Map.Entry<ByteString, ByteString> record : family(family).tailMap(from).entrySet()) {
      if (!visit.record(record.getKey(), record.getValue())) {
        return;
      }
    }
  }

  private NavigableMap<ByteString, ByteString> family(Family family) {
    return families.computeIfAbsent(
        family, key -> new TreeMap<>(ByteString.unsignedLexicographicalComparator()));
  }

  @Override
  public synchronized void audit(Auditor auditor) {
    auditor.begin(
        new View() {
          @Override
          public @Nullable ByteString get(Family family, ByteString key) {
            return MemoryStateStore.this.get(family, key);
          }

          @Override
          public @Nullable TaskRecord task(long id) {
            return tasks.get(id);
          }
        });
    auditor.meta(meta);
    queues.values().forEach(auditor::queue);
    for (Family family : Family.values()) {
      family(family).forEach((key, value) -> auditor.record(family, key, value));
    }
    order.forEach(
        (key, id) -> auditor.place(LaneKey.of(key), LaneKey.positionOf(key), tasks.get(id)));
    auditor.tasks(tasks.size());
  }

  @Override
  public Batch newBatch() {
    return new MemoryBatch();
  }

  @Override
  public void close() {}

  private final class MemoryBatch implements Batch {
    private final List<Runnable> changes = new ArrayList<>();

    @Override
    public void putMeta(MetaRecord record) {
      changes.add(() -> meta = record);
    }

    @Override
    public void putTask(TaskRecord task) {
      changes.add(() -> tasks.put(task.getId(), task));
    }

    @Override
    public void deleteTasks(long first, long last) {
      changes.add(() -> tasks.subMap(first, true, last, true).clear());
    }

    @Override
    public void putPlace(LaneKey lane, long position, long id) {
      changes.add(() -> order.put(lane.at(position), id));
    }

    @Override
    public void deletePlaces(LaneKey lane, long first, long last) {
      changes.add(() -> order.subMap(lane.at(first), true, lane.at(last), true).clear());
    }

    @Override
    public void putQueue(QueueRecord queue) {
      changes.add(() -> queues.put(queue.getNumber(), queue));
    }

    @Override
    public void putSession(SessionRecord session) {
      changes.add(() -> sessions.put(session.getNumber(), session));
    }

    @Override
    public void deleteSession(long number) {
      changes.add(() -> sessions.remove(number));
    }

    @Override
    public void putProducer(ProducerRecord producer) {
      changes.add(() -> producers.put(producer.getKey(), producer));
    }

    @Override
    public void deleteProducer(byte[] key) {
      changes.add(() -> producers.remove(ByteString.copyFrom(key)));
    }

    @Override
    public void put(Family family, ByteString key, ByteString value) {
      changes.add(() -> family(family).put(key, value));
    }

    @Override
    public void delete(Family family, ByteString key) {
      changes.add(() -> family(family).remove(key));
    }

    @Override
    public void commit() {
      synchronized (MemoryStateStore.this) {
        changes.forEach(Runnable::run);
      }
      changes.clear();
    }

    @Override
    public void close() {}
  }
}
