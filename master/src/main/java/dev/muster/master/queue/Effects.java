package dev.muster.master.queue;

/**
 * What a leader acts on after apply. Called within apply, under the machine's lock: note it and
 * return.
 */
public interface Effects {
  /** For replay, and for masters that do not lead. */
  Effects NONE =
      new Effects() {
        @Override
        public void waiting(String queue, Supply supply) {}

        @Override
        public void finished(Task task) {}
      };

  /** What waits in a queue changed, or was asked for in vain. */
  void waiting(String queue, Supply supply);

  /** A task reached a terminal state; it may be awaited. It is valid only within the call. */
  void finished(Task task);
}
