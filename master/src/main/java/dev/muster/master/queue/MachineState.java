package dev.muster.master.queue;

import dev.muster.master.store.StateStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the rules share: all state, and the entry under way. */
final class MachineState {
  final QueueBook queues = new QueueBook();
  final SessionBook sessions = new SessionBook();
  final ProducerBook producers = new ProducerBook();
  final TaskTable tasks;

  /** The last id or position that was given out. */
  long sequence;

  /** The largest stamp so far, ms since the epoch. */
  long nowMs;

  /** Where the effects of the entry under way go. */
  Effects effects = Effects.NONE;

  private final List<QueueState> toTell = new ArrayList<>();

  MachineState(StateStore store) {
    this.tasks = new TaskTable(store, queues, sessions);
  }

  /**
   * The queue of this name, made when it is new; null when there are too many. A new one is flushed
   * at once, used or not: numbers are given out by count, so one that the store does not know would
   * be given out twice.
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

  /**
   * A queue's counters changed: it is flushed with this generation, and the leader hears of it
   * once, when the entry ends, however many of its tasks the entry moves.
   */
  void changed(QueueState queue) {
    tasks.current().dirty(queue);
    tellLeader(queue);
  }

  /** The leader is told what waits in this queue, changed or not. */
  void tellLeader(QueueState queue) {
    if (!queue.toldAtEnd) {
      queue.toldAtEnd = true;
      toTell.add(queue);
    }
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
    effects = Effects.NONE;
  }
}
