package dev.muster.worker;

/** How one slot runs its tasks, one at a time. For the slot's thread. */
interface SlotRunner {
  /** Runs a task to its end, whatever that is. */
  Outcome run(TaskContext task);

  /** The slot ends. */
  default void close() {}
}
