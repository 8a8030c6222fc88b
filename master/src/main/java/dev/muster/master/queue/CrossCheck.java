package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.master.store.v1.UniqueRecord;
import dev.muster.proto.v1.TaskState;
import java.nio.BufferUnderflowException;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What stored records say of each other, both ways: tasks and their lines, the holders of groups,
 * tenants, timers, unique keys, inputs, children, what waits for others. In memory it keeps the
 * lines, and who is not told yet of an end: everything else is looked up.
 */
final class CrossCheck {
  private final StateStore.View view;
  private final Consumer<String> drift;
  private final Map<LaneKey, LineRecord> lines = new HashMap<>();
  private final Map<Integer, QueueRecord> queues;
  private final UntoldEnds untold;
  private long nowMs;

  /** The task whose records were looked at last, and what comes before it. */
  private long ownerId;

  private @Nullable TaskRecord owner;
  private Set<Long> after = Set.of();

  /**
   * @param queues by number; filled before the first record is shown
   * @param drift gets one sentence for each thing that does not fit
   */
  CrossCheck(StateStore.View view, Map<Integer, QueueRecord> queues, Consumer<String> drift) {
    this.view = view;
    this.queues = queues;
    this.drift = drift;
    this.untold = new UntoldEnds(view, drift);
  }

  /** The largest stamp that was applied, ms since the epoch. */
  void now(long nowMs) {
    this.nowMs = nowMs;
  }

  void queue(QueueRecord queue) {
    if (queue.getRetentionMs() != 0) {
      expectTimer(
          queue.getRetentionMs(),
          Timers.Kind.RETENTION,
          queue.getNumber(),
          "queue " + queue.getName() + " is to look at what it keeps");
    }
  }

  // Lines, groups, tenants.

  void line(LineRecord line) {
    lines.put(new LaneKey(LaneKey.Kind.READY, line.getQueue(), line.getNumber()), line);
    if (!line.getTenant().isEmpty()) {
      ByteString key = new Tenant(line.getQueue(), line.getTenant()).key();
      if (view.get(Family.TENANTS, key) == null) {
        drift.accept(name(line) + " is of tenant " + line.getTenant() + ", which has no record");
      }
    }
    if (line.getHolder() != 0) {
      holder(line);
    }
  }

  private void holder(LineRecord line) {
    TaskRecord task = view.task(line.getHolder());
    boolean holds =
        task != null
            && task.getQueue() == line.getQueue()
            && task.getLine() == line.getNumber()
            && task.getGroup().equals(line.getGroup())
            && (task.getState() == TaskState.TASK_STATE_RUNNING
                || task.getState() == TaskState.TASK_STATE_DELAYED);
    if (!holds) {
      drift.accept(
          "group "
              + line.getGroup()
              + " of "
              + name(line)
              + " is held by task "
              + Long.toUnsignedString(line.getHolder())
              + ", which "
              + (task == null ? "has no record" : "is " + task.getState() + " and not of it"));
    }
  }

  /**
   * A task at its place.
   *
   * @param first no other task of this lane has a lower position
   */
  void task(LaneKey lane, TaskRecord task, boolean first) {
    boolean mixed = task.getLine() >= Ready.PRIORITIES;
    if (mixed && (lane.kind() == LaneKey.Kind.READY || lane.kind() == LaneKey.Kind.LEASED)) {
      ofLine(lane, task, first);
    }
    untold.task(task);
    long timerMs = timerMs(task);
    if (timerMs != 0) {
      boolean leased = task.getState() == TaskState.TASK_STATE_RUNNING;
      String what = name(task) + (leased ? " has a lease that ends" : " waits for its time");
      expectTimer(timerMs, Timers.Kind.TASK, task.getId(), what);
    }
  }

  private void ofLine(LaneKey lane, TaskRecord task, boolean first) {
    LineRecord line = lines.get(new LaneKey(LaneKey.Kind.READY, task.getQueue(), task.getLine()));
    if (line == null) {
      drift.accept(name(task) + " is of line " + task.getLine() + ", which has no record");
      return;
    }
    if (!line.getTenant().equals(task.getTenant()) || !line.getGroup().equals(task.getGroup())) {
      drift.accept(
          name(task)
              + " of tenant \""
              + task.getTenant()
              + "\" and group \""
              + task.getGroup()
              + "\" is in "
              + name(line)
              + ", which is of tenant \""
              + line.getTenant()
              + "\" and group \""
              + line.getGroup()
              + "\"");
    }
    boolean leased = lane.kind() == LaneKey.Kind.LEASED;
    if (leased && !task.getGroup().isEmpty() && line.getHolder() != task.getId()) {
      drift.accept(
          name(task)
              + " runs, and its group "
              + task.getGroup()
              + " is held by task "
              + Long.toUnsignedString(line.getHolder()));
    }
    if (!leased && first && line.getHead() != task.getPosition()) {
      drift.accept(
          name(line)
              + " begins at "
              + line.getHead()
              + ", and its first task is at "
              + task.getPosition());
    }
  }

  // Timers and unique keys.

  /** As {@link Task#timerMs}. */
  private static long timerMs(TaskRecord task) {
    long expiresMs = task.getExpiresMs();
    if (task.getState() == TaskState.TASK_STATE_READY) {
      return expiresMs;
    }
    if (task.getState() == TaskState.TASK_STATE_RUNNING) {
      return task.getLeaseUntilMs();
    }
    if (task.getState() != TaskState.TASK_STATE_DELAYED) {
      return 0;
    }
    long dueMs = task.getDueMs();
    return dueMs == 0 || (expiresMs != 0 && expiresMs < dueMs) ? expiresMs : dueMs;
  }

  private void expectTimer(long atMs, Timers.Kind kind, long id, String what) {
    if (view.get(Family.TIMERS, Timers.key(atMs, kind, id)) == null) {
      drift.accept(what + " at " + atMs + ", and has no timer");
    }
  }

  void timer(ByteString key, ByteString value) {
    Timers.Timer timer;
    try {
      timer = Timers.timer(key, value);
    } catch (IllegalStateException | BufferUnderflowException e) {
      drift.accept("a timer cannot be read: " + e.getMessage());
      return;
    }
    String fault =
        switch (timer.kind()) {
          case TASK -> taskTimer(timer);
          case UNIQUE -> uniqueTimer(timer);
          case RETENTION -> retentionTimer(timer);
          case PASS_ON -> untold.timer(timer);
          case CANCEL_BELOW -> Subtree.fault(timer);
        };
    if (fault != null) {
      drift.accept("a timer at " + timer.atMs() + " is for " + fault);
    }
  }

  private @Nullable String taskTimer(Timers.Timer timer) {
    TaskRecord task = view.task(timer.id());
    if (task == null) {
      return "task " + Long.toUnsignedString(timer.id()) + ", which has no record";
    }
    long atMs = timerMs(task);
    return atMs == timer.atMs()
        ? null
        : name(task) + ", which waits for " + (atMs == 0 ? "no time" : String.valueOf(atMs));
  }

  private @Nullable String uniqueTimer(Timers.Timer timer) {
    if (timer.atMs() <= nowMs) {
      return null; // the key is free, and may have been taken again before its timer is looked at
    }
    ByteString record = view.get(Family.UNIQUES, timer.value());
    UniqueRecord unique = record == null ? null : unique(record);
    return unique != null && unique.getTask() == timer.id() && unique.getUntilMs() == timer.atMs()
        ? null
        : "unique key " + Uniques.name(timer.value()) + ", which is not taken until then";
  }

  private @Nullable String retentionTimer(Timers.Timer timer) {
    QueueRecord queue = queues.get((int) timer.id());
    return queue != null && queue.getRetentionMs() == timer.atMs()
        ? null
        : "what queue number " + timer.id() + " keeps, which is not looked at then";
  }

  void unique(ByteString key, ByteString value) {
    UniqueRecord unique = unique(value);
    if (unique == null) {
      drift.accept("the record of unique key " + Uniques.name(key) + " cannot be read");
    } else if (unique.getUntilMs() != 0) {
      expectTimer(
          unique.getUntilMs(),
          Timers.Kind.UNIQUE,
          unique.getTask(),
          "unique key " + Uniques.name(key) + " is free again");
    } else {
      TaskRecord task = view.task(unique.getTask());
      if (task == null || !task.getUnique().equals(key) || hasEnded(task.getState())) {
        drift.accept(
            "unique key "
                + Uniques.name(key)
                + " is held by task "
                + Long.toUnsignedString(unique.getTask())
                + ", which "
                + (task == null ? "has no record" : "is " + task.getState()));
      }
    }
  }

  // What tasks have beside their records: it must go with them.

  void input(ByteString key) {
    long[] ids = ids(key);
    TaskRecord task = owner(ids[0]);
    if (task == null || !after.contains(ids[1])) {
      drift.accept(
          "what task "
              + Long.toUnsignedString(ids[1])
              + " came to is kept for task "
              + Long.toUnsignedString(ids[0])
              + ", which "
              + (task == null ? "has no record" : "does not come after it"));
    }
  }

  void child(ByteString key) {
    long[] ids = ids(key);
    TaskRecord parent = owner(ids[0]);
    if (parent == null || !parent.getHasChildren()) {
      drift.accept(
          "task "
              + Long.toUnsignedString(ids[1])
              + " is kept as a child of task "
              + Long.toUnsignedString(ids[0])
              + ", which "
              + (parent == null ? "has no record" : "knows of none"));
    }
  }

  /** Looked up once for all that it has: there may be many. */
  private @Nullable TaskRecord owner(long id) {
    if (id != ownerId) {
      ownerId = id;
      owner = view.task(id);
      after = owner == null ? Set.of() : new HashSet<>(owner.getAfterList());
    }
    return owner;
  }

  private static long[] ids(ByteString key) {
    LongBuffer ids = key.asReadOnlyByteBuffer().asLongBuffer();
    return new long[] {ids.get(), ids.get()};
  }

  static boolean hasEnded(TaskState state) {
    return state == TaskState.TASK_STATE_SUCCEEDED
        || state == TaskState.TASK_STATE_FAILED
        || state == TaskState.TASK_STATE_CANCELLED
        || state == TaskState.TASK_STATE_EXPIRED;
  }

  private static @Nullable UniqueRecord unique(ByteString value) {
    try {
      return UniqueRecord.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private String name(LineRecord line) {
    QueueRecord queue = queues.get(line.getQueue());
    String name = queue == null ? "number " + line.getQueue() : queue.getName();
    return "queue " + name + ", line " + line.getNumber();
  }

  private static String name(TaskRecord task) {
    return "task " + Long.toUnsignedString(task.getId());
  }
}
