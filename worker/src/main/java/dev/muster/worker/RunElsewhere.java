package dev.muster.worker;

import java.util.concurrent.CompletableFuture;

/** A task that runs in another process: what its slot's thread cannot do for it. Thread-safe. */
interface RunElsewhere {
  /**
   * Nobody waits for its outcome any more: what runs it is killed if it has not ended by then.
   *
   * @param graceMs 0: at once
   */
  void kill(long graceMs);

  /** A dump of all its threads, the handler's first; fails when it does not run any more. */
  CompletableFuture<String> stack();

  /** Says that the worker is about to go; once is enough. Must not be called under a lock. */
  void drain();
}
