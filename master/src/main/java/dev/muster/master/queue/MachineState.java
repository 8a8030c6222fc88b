package dev.muster.master.queue;

import dev.muster.master.store.StateStore;

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

  MachineState(StateStore store) {
    this.tasks = new TaskTable(store, queues, sessions);
  }

  /** A queue's counters changed: it is flushed with this generation, and the leader hears of it. */
  void changed(QueueState queue) {
    tasks.current().dirty(queue);
    effects.waiting(queue.name, queue.ready.size(), queue.room());
  }
}
