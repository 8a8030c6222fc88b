package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Effects;
import dev.muster.master.queue.Inspection;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Task;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was promised of those who take tasks away: a purge and a cancel by filter take all that
 * match and wait, a full queue drops its oldest as far as it must and no further; and what is gone
 * never comes back. It reads the log on its own, and sees tasks move as it is applied.
 */
final class RemovalLedger {
  /** The reason of every cancel by filter. */
  static final String REASON = "swept";

  private static final String SWEPT = "cancelled: " + REASON;
  private static final String PURGED = "cancelled: dropped";
  private static final String DROPPED = "dropped to make room in a full queue";

  private final Ledger ledger;

  /** Purged: nobody can put them back. */
  private final Set<Long> gone = new HashSet<>();

  /** Called off or dropped: only a person can put them back. */
  private final Map<Long, LedgerEntry> ended = new HashMap<>();

  /** The last entry that was read. */
  private long index;

  // Of the entry that is being applied.

  private @Nullable QueueMachine machine;

  /** All that match one of its sweeps, and what is asked for them. */
  private final Map<Long, Bulk> matched = new HashMap<>();

  private final Set<Long> moved = new HashSet<>();
  private boolean sweeps;

  /** Nothing but puts and leases is in it. */
  private boolean plain;

  private long lengthMax;
  private long waitedBefore;
  private long dropped;
  private long left;

  RemovalLedger(Ledger ledger) {
    this.ledger = ledger;
  }

  /** This entry was not read yet. */
  boolean isNew(long at) {
    return at > index;
  }

  /** An entry is about to be applied. */
  void begin(Entry entry, long at, QueueMachine applies) {
    index = at;
    machine = applies;
    matched.clear();
    moved.clear();
    sweeps = false;
    plain = true;
    dropped = 0;
    left = 0;
    QueueInfo drops = applies.queue(Workload.DROPS);
    // It is configured late, perhaps.
    lengthMax = drops == null ? 0 : drops.getSettings().getMaxLength();
    waitedBefore = waiting(applies);
    for (Command command : entry.getCommandsList()) {
      plain &= command.hasEnqueue() || command.hasLease();
      if (command.hasBulk() && command.getBulk().getFilter().getIdsCount() == 0) {
        sweeps = true;
        match(command.getBulk(), applies);
      }
    }
  }

  private void match(Bulk sweep, QueueMachine applies) {
    Inspection.Page page = applies.inspect().list(sweep.getFilter(), ByteString.EMPTY, 1_000);
    if (page != null && sweep.getCursor().isEmpty()) {
      page.tasks().forEach(task -> matched.put(task.getId(), sweep));
    }
  }

  private static long waiting(QueueMachine machine) {
    QueueInfo queue = machine.queue(Workload.DROPS);
    return queue == null ? 0 : queue.getReady() + queue.getDelayed();
  }

  /** The same effects, which this ledger hears too. */
  Effects hearing(Effects effects) {
    return new TappedEffects(effects) {
      @Override
      public void moved(Task task) {
        moved.add(task.id());
        heard(task);
        super.moved(task);
      }

      @Override
      public void stop(long session, long id, long token) {
        if (sweeps && matched.containsKey(id)) {
          ledger.takenAway(name(id), id, false);
        }
        super.stop(session, id, token);
      }
    };
  }

  private TaskInfo task(long id, boolean withPayload) {
    if (machine == null) {
      throw new AssertionError("task " + id + " moves, and nothing is applied");
    }
    return machine.task(id, withPayload);
  }

  private String name(long id) {
    return task(id, true).getPayload().toStringUtf8();
  }

  private void heard(Task task) {
    long id = task.id();
    World.check(!gone.contains(id), () -> "task " + id + " was purged, and is " + task.state());
    boolean ofDrops = task.queueName().equals(Workload.DROPS);
    if (task.state() != TaskState.TASK_STATE_CANCELLED) {
      LedgerEntry entry = ended.get(id);
      World.check(
          entry == null || entry.replayAsked,
          () -> "task " + id + " was taken away, and is " + task.state());
      left += ofDrops && task.state() == TaskState.TASK_STATE_RUNNING ? 1 : 0;
      return;
    }
    String cause = task(id, false).getCause();
    dropped += cause.equals(DROPPED) ? 1 : 0;
    left += ofDrops && !cause.equals(DROPPED) ? 1 : 0;
    if (cause.equals(PURGED) && sweeps) {
      gone.add(id);
      ledger.takenAway(name(id), id, true);
    } else if (cause.equals(SWEPT) || cause.equals(DROPPED)) {
      ended.put(id, ledger.takenAway(name(id), id, false));
    }
  }

  /** It is applied. */
  void end() {
    matched.forEach(
        (id, sweep) -> {
          TaskInfo task = task(id, false);
          World.check(
              moved.contains(id)
                  || task.getState() != sweep.getFilter().getState()
                  || task.getCancelling(),
              () -> "task " + id + " is " + task.getState() + " still, in spite of " + sweep);
        });
    if (machine != null && plain && lengthMax > 0) {
      checkDropped(waiting(machine));
    }
  }

  private void checkDropped(long waits) {
    World.check(
        waits <= Math.max(lengthMax, waitedBefore),
        () -> waits + " tasks wait in a queue for " + lengthMax);
    World.check(
        dropped == 0 || waits + left >= lengthMax,
        () -> dropped + " tasks are dropped, and only " + waits + " wait, " + left + " left");
  }
}
