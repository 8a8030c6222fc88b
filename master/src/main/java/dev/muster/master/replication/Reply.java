package dev.muster.master.replication;

import dev.muster.master.queue.Outcome;

/**
 * Who waits for a command. Exactly one of {@link #applied} and {@link #unknown} is called, once;
 * all must return soon and never throw.
 */
public interface Reply {
  /** Nobody waits. */
  Reply NONE =
      new Reply() {
        @Override
        public void applied(Outcome outcome) {}

        @Override
        public void unknown(String why) {}
      };

  /** The command is durable and applied. On the apply thread, in log order. */
  void applied(Outcome outcome);

  /**
   * All commands of the entry have their outcome: what is better told together is told now. After
   * {@link #applied}, on the apply thread.
   */
  default void entryApplied() {}

  /** The command may or may not be in the log: only a retry under the same number can tell. */
  void unknown(String why);
}
