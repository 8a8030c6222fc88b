package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Every task, wherever it is: leased, in the current generation, in the frozen one, or in the
 * store.
 */
final class TaskTable {
  /** So many places are read from the store at a time, or more. */
  private static final int READ_MIN = 64;

  private final StateStore store;
  private final QueueBook queues;
  private final SessionBook sessions;
  private final IdPages<Task> leased = new IdPages<>();
  private Generation current = new Generation(1);
  private @Nullable Generation frozen;

  /** The last position that was given out before the frozen generation ended. */
  private long frozenUpto;

  /** No place in the store has a later position; until the first flush nobody knows. */
  private long storedUpto = Long.MAX_VALUE;

  TaskTable(StateStore store, QueueBook queues, SessionBook sessions) {
    this.store = store;
    this.queues = queues;
    this.sessions = sessions;
  }

  Generation current() {
    return current;
  }

  @Nullable Generation frozen() {
    return frozen;
  }

  /**
   * Begins a new generation; the one so far is frozen and must be {@link #dropFrozen dropped}
   * before the next time.
   *
   * @param sequence the last position that was given out
   */
  Generation roll(long sequence) {
    if (frozen != null) {
      throw new IllegalStateException("generation " + frozen.number() + " is still being flushed");
    }
    frozen = current;
    frozenUpto = sequence;
    current = new Generation(current.number() + 1);
    return frozen;
  }

  /** The frozen generation is in the store. */
  void dropFrozen() {
    frozen = null;
    storedUpto = frozenUpto;
  }

  /** The task as it is now, or null when it never was or is forgotten. Not to be changed. */
  @Nullable Task find(long id) {
    Generation.Change known = inMemory(id);
    return known == null ? load(store.task(id)) : taskOf(known);
  }

  private @Nullable Task find(long id, StateStore.TaskReader reader) {
    Generation.Change known = inMemory(id);
    return known == null ? load(reader.task(id)) : taskOf(known);
  }

  /** Null: as it is in the store, if it is there. */
  private Generation.@Nullable Change inMemory(long id) {
    Task held = leased.get(id);
    if (held != null) {
      return held;
    }
    Generation.Change change = current.change(id);
    return change != null || frozen == null ? change : frozen.change(id);
  }

  private static @Nullable Task taskOf(Generation.Change change) {
    return change instanceof Task task ? task : null;
  }

  @Nullable Task leased(long id) {
    return leased.get(id);
  }

  IdPages<Task> leased() {
    return leased;
  }

  /** A task that is new in this generation. */
  void add(Task task) {
    task.generation = current.number();
    current.put(task);
  }

  /**
   * Makes a task changeable: returns it, or the copy that now stands for it. The caller replaces
   * its own reference; the leased ones are replaced here.
   */
  Task touch(Task task) {
    if (task.generation == current.number()) {
      return task;
    }
    boolean beingWritten = frozen != null && task.generation == frozen.number();
    Task mine = beingWritten ? task.copy() : task;
    mine.storedLane = task.lane;
    mine.storedPosition = task.position;
    mine.generation = current.number();
    current.put(mine);
    if (mine != task && task.state == TaskState.TASK_STATE_RUNNING) {
      leased.put(mine.id, mine);
      WorkerSession session = sessions.find(mine.session);
      if (session != null) {
        session.replace(task, mine);
      }
    }
    return mine;
  }

  /** A touched task is now leased. */
  void lease(Task task) {
    task.place = task.position;
    task.lane = task.queue.leasedKey;
    task.position = task.id;
    leased.put(task.id, task);
  }

  /** A touched task is leased no more. */
  void unlease(Task task) {
    leased.remove(task.id);
  }

  /** A touched task is gone: out of every lane, and nobody asks for it again. */
  void remove(Task task) {
    if (task.storedLane == null) {
      current.forget(task);
    } else {
      current.gone(task, task.storedLane, task.storedPosition);
      task.state = TaskState.TASK_STATE_UNKNOWN; // for who still holds the object
    }
  }

  /** Adopts a leased task at start. */
  Task restoreLeased(TaskRecord record) {
    Task task = restore(record);
    leased.put(task.id, task);
    return task;
  }

  /**
   * Reads the places of a lane from a position on: first the store's, then the frozen generation's,
   * then the current one's, which is the order of their positions.
   */
  void readAhead(LaneKey lane, long from, int limit, PlaceLoader loader) {
    LongArrayList stored = new LongArrayList();
    if (from <= storedUpto) {
      store.scan(lane, from, limit, (position, id) -> stored.add(position, id));
    }
    long next = from;
    if (!stored.isEmpty()) {
      if (!offerStored(lane, stored, loader) || stored.size() / 2 == limit) {
        return;
      }
      next = stored.get(stored.size() - 2) + 1;
    }
    if (frozen == null || readSpill(frozen, lane, next, loader)) {
      readSpill(current, lane, next, loader);
    }
  }

  /**
   * Goes through the tasks of some lanes, in order of line and position, also those in windows.
   * Slow: it goes once through all that changed since the last flush, however few it finds there.
   *
   * @param lanes of one kind and queue, in order of line: all between the first and the last in
   *     which something is
   * @param from the first position of interest in the first of them
   * @param upto the last position of interest in any of them
   * @param max at most so many tasks
   * @param visit gets tasks until it returns false
   */
  void visit(List<LaneKey> lanes, long from, long upto, int max, Predicate<Task> visit) {
    if (lanes.isEmpty()) {
      return;
    }
    ChangedPlaces changed =
        new ChangedPlaces(lanes.get(0), lanes.get(lanes.size() - 1), from, upto, max);
    current.forEachTask(changed::add);
    if (frozen != null) {
      frozen.forEachTask(
          task -> {
            if (current.change(task.id) == null) {
              changed.add(task);
            }
          });
    }
    int left = max;
    for (int i = 0; i < lanes.size() && left > 0; i++) {
      LaneKey lane = lanes.get(i);
      left = visit(lane, i == 0 ? from : 0, upto, changed.of(lane), left, visit);
    }
  }

  /** Returns how many more may be visited. */
  private int visit(
      LaneKey lane,
      long from,
      long upto,
      NavigableMap<Long, Long> ids,
      int max,
      Predicate<Task> visit) {
    int chunk = Math.max(READ_MIN, max); // Many places in the store may be left by now.
    int left = max;
    long next = from;
    boolean more = next <= upto;
    while (more) {
      int[] read = {0};
      long[] last = {next};
      store.scan(
          lane,
          next,
          chunk,
          (position, id) -> {
            read[0]++;
            last[0] = position;
            ids.put(position, id);
          });
      more = read[0] == chunk && last[0] < upto;
      long end = more ? last[0] : upto;
      for (Map.Entry<Long, Long> place : ids.subMap(next, true, end, true).entrySet()) {
        Task task = find(place.getValue());
        if (task != null && task.isAt(lane, place.getKey())) {
          left--;
          if (!visit.test(task) || left == 0) {
            return 0;
          }
        }
      }
      next = end + 1;
    }
    return left;
  }

  /** Offers places with their tasks, which are read as they are asked for: they may be large. */
  private boolean offerStored(LaneKey lane, LongArrayList places, PlaceLoader loader) {
    long lastId = 0;
    for (int i = 1; i < places.size(); i += 2) {
      lastId = Math.max(lastId, places.get(i));
    }
    try (StateStore.TaskReader reader = store.taskReader(lastId)) {
      for (int i = 0; i < places.size(); i += 2) {
        Task task = find(places.get(i + 1), reader);
        if (!offer(lane, places.get(i), task, loader)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean readSpill(Generation generation, LaneKey lane, long from, PlaceLoader loader) {
    Generation.Spill spill = generation.spill(lane);
    if (spill == null) {
      return true;
    }
    for (int i = spill.firstAt(from); i < spill.size(); i++) {
      if (!offer(lane, spill.position(i), find(spill.id(i)), loader)) {
        return false;
      }
    }
    return true;
  }

  private static boolean offer(
      LaneKey lane, long position, @Nullable Task task, PlaceLoader loader) {
    return loader.load(position, task != null && task.isAt(lane, position) ? task : null);
  }

  private @Nullable Task load(@Nullable TaskRecord record) {
    return record == null ? null : restore(record);
  }

  private Task restore(TaskRecord record) {
    QueueState queue = queues.byNumber(record.getQueue());
    return new Task(record, queue, queue.laneOf(record));
  }

  /** Gets one place and the task there, null when it has left; false: no more. */
  interface PlaceLoader {
    boolean load(long position, @Nullable Task task);
  }
}
