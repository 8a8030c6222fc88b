package dev.muster.master.replication;

import dev.muster.master.queue.Outcome;

/**
 * Who waits for a command. Exactly one of the two is called, once; both must return soon and never
 * throw.
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

  /** The command may or may not be in the log: only a retry under the same number can tell. */
  void unknown(String why);
}
