package dev.muster.client;

import dev.muster.common.MusterException;

/**
 * Hears what became of tasks that were added: one call for each run of tasks that travelled
 * together. Called on gRPC's event loop: must be short and must not run a user's code.
 */
interface Receipt {
  /**
   * A task was taken in; gives its position: from 0, each the last plus one. One thread at a time.
   */
  long joined();

  /**
   * Tasks are durable.
   *
   * @param position of the first one, as {@link #joined()} gave it
   * @param count at least 1; the positions, and the ids, are consecutive
   * @param firstId id of the first one
   */
  void durable(long position, int count, long firstId);

  /** A task was not added, because this one with the same unique key was there before. */
  void found(long position, long id);

  /** Tasks were not added, or it is not known whether they were. */
  void failed(long position, int count, MusterException reason);
}
