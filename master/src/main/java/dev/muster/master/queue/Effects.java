package dev.muster.master.queue;

import java.util.List;

/**
 * What a leader acts on after apply. Called within apply, under the machine's lock: note it and
 * return.
 */
public interface Effects {
  /** For replay, and for masters that do not lead. */
  Effects NONE =
      new Effects() {
        @Override
        public void waiting(String queue, long ready, long room) {}

        @Override
        public void finished(Task task) {}

        @Override
        public void moved(Task task) {}

        @Override
        public void stop(long session, long id, long token) {}

        @Override
        public void lost(long session, List<Long> ids) {}

        @Override
        public void due(long atMs) {}
      };

  /**
   * What waits in a queue changed.
   *
   * @param ready tasks that can be leased now
   * @param room tasks that can be enqueued now
   */
  void waiting(String queue, long ready, long room);

  /** A task reached a terminal state; it may be awaited. It is valid only within the call. */
  void finished(Task task);

  /** A task entered a state, terminal or not. It is valid only within the call. */
  void moved(Task task);

  /** A running task was called off: its worker is to be asked to stop it. */
  void stop(long session, long id, long token);

  /** Attempts of a session ended without it: its worker is to drop them. */
  void lost(long session, List<Long> ids);

  /**
   * When something is due next: {@code Advance} is worth proposing then, not before.
   *
   * @param atMs ms since the epoch; {@link Long#MAX_VALUE}: nothing is
   */
  void due(long atMs);
}
