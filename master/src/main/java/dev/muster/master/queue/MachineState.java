package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.TaskState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the rules share: all state, and the entry under way. */
final class MachineState {
  /**
   * So much an entry may do beyond what its commands name, so that it never holds up the others for
   * long: as many tasks are dropped from a queue that is too long, told the end of what they wait
   * for, or called off with what is above them. More than follows from the fullest settlement of a
   * chain's tasks.
   */
  static final int SPARE = 4_000;

  /** So many records that are only looked at cost as much as one task. */
  private static final int SPARE_LOOKS = 16;

  /** So many bytes cost as much as one task. */
  private static final int SPARE_BYTES = 4_096;

  final QueueBook queues = new QueueBook();
  final SessionBook sessions = new SessionBook();
  final ProducerBook producers = new ProducerBook();
  final TaskTable tasks;
  final Timers timers;
  final Uniques uniques;

  /** What the tasks that a task depends on came to: task, depended on. */
  final Index inputs;

  /** Which tasks a task has enqueued: parent, child. */
  final Index children;

  /** Tenants that are known, of all queues. */
  int tenants;

  /** The last id or position that was given out. */
  long sequence;

  /** The largest stamp so far, ms since the epoch. */
  long nowMs;

  /** The dice of the entry under way. */
  long dice;

  private final int spareMax;

  /** What the entry under way may do still, beyond what its commands name. */
  private int spare;

  /** Where the effects of the entry under way go. */
  Effects effects = Effects.NONE;

  private long toldDueMs = Long.MAX_VALUE;
  private final List<QueueState> toTell = new ArrayList<>();

  /**
   * @param spareMax what an entry may do beyond what its commands name
   */
  MachineState(StateStore store, int spareMax) {
    this.spareMax = spareMax;
    this.tasks = new TaskTable(store, queues, sessions);
    this.timers = new Timers(new Index(Family.TIMERS, store, tasks), tasks);
    this.uniques = new Uniques(new Index(Family.UNIQUES, store, tasks), timers);
    this.inputs = new Index(Family.INPUTS, store, tasks);
    this.children = new Index(Family.CHILDREN, store, tasks);
  }

  /**
   * The queue of this name, made when it is new; null when there are too many. A new one is flushed
   * at once, used or not: a number that the store does not know would be given out twice.
   */
  @Nullable QueueState use(String name) {
    QueueState queue = queues.find(name);
    if (queue == null) {
      queue = queues.add(name);
      if (queue != null) {
        changed(queue);
      }
    }
    return queue;
  }

  /** As {@link #use}, however many there are: for what has been promised already. */
  QueueState useAlways(String name) {
    QueueState queue = queues.find(name);
    if (queue == null) {
      queue = queues.addAlways(name);
      changed(queue);
    }
    return queue;
  }

  /**
   * A queue's counters changed: it is flushed with this generation, and the leader hears of it
   * once, when the entry ends, however many of its tasks the entry moves.
   */
  void changed(QueueState queue) {
    tasks.current().dirty(queue);
    tellLeader(queue);
  }

  /** Touches a task that stays where it is: the lane in which it waits or is kept hears of it. */
  Task touchInPlace(Task task) {
    Task mine = tasks.touch(task);
    Kept kept = mine.queue.keptOf(mine.state);
    if (kept != null) {
      kept.changed(mine);
    } else if (mine.state == TaskState.TASK_STATE_READY) {
      mine.queue.ready.changed(mine);
    }
    return mine;
  }

  /** What a touched task that stays where it is costs has changed by so much. */
  void grewInPlace(Task task, int moreBytes) {
    tasks.current().grew(moreBytes);
    Kept kept = task.queue.keptOf(task.state);
    if (kept != null) {
      kept.grew(moreBytes);
      tasks.current().dirty(task.queue);
    }
  }

  /** The leader is told what waits in this queue, changed or not. */
  void tellLeader(QueueState queue) {
    if (!queue.toldAtEnd) {
      queue.toldAtEnd = true;
      toTell.add(queue);
    }
  }

  /** An entry begins. */
  void begin(long stampMs, long entryDice, Effects entryEffects) {
    nowMs = Math.max(nowMs, stampMs);
    dice = entryDice;
    effects = entryEffects;
    spare = spareMax;
    producers.forgetIdle(nowMs, tasks.current());
  }

  /** What the entry under way may do still, beyond what its commands name; 0: no more. */
  int spare() {
    return Math.max(0, spare);
  }

  /**
   * The entry does something to one more task; {@link #spare} is not 0.
   *
   * @param bytes that are written by it beside the task's own
   */
  void spend(int bytes) {
    spare -= 1 + bytes / SPARE_BYTES;
  }

  /** The entry looks at so many records more. */
  void spendLooks(int looks) {
    spare -= looks / SPARE_LOOKS;
  }

  /** The largest stamp so far, µs since the epoch. */
  long nowUs() {
    return nowMs * 1_000;
  }

  /** The entry ends: what it changed is told. */
  void end() {
    for (QueueState queue : toTell) {
      queue.toldAtEnd = false;
      queue.ready.tidy(this);
      if (effects != Effects.NONE) {
        effects.waiting(queue.name, queue.ready.supply(nowMs));
      }
    }
    toTell.clear();
    if (timers.nextMs() != toldDueMs) {
      toldDueMs = timers.nextMs();
      effects.due(toldDueMs);
    }
    effects = Effects.NONE;
  }

  /** A key made of ids, in their order. */
  static ByteString idKey(long... ids) {
    ByteBuffer key = ByteBuffer.allocate(8 * ids.length);
    for (long id : ids) {
      key.putLong(id);
    }
    return ByteString.copyFrom(key.flip());
  }

  /** A number that nobody could guess before this entry was sealed, the same on every master. */
  long dice(long id) {
    // The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): neighbours come out far
    // apart.
    long mixed = dice + id * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
