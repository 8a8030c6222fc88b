package dev.muster.compare;

import org.jspecify.annotations.Nullable;

/**
 * A queue that Muster is compared with, in one setting of its durability. Each of its methods may
 * be called in any order.
 */
interface Peer {
  /** What `--only` names it by. */
  String id();

  /** What the table calls it. */
  String name();

  /** When a put is acknowledged: what is safe by then. */
  String durability();

  /** How the tasks of one batch size are sent and taken, without the client. */
  String driving(int batch);

  /** The client's name and version. */
  String client();

  /** The batch that was the best of those tried. */
  int bestBatch();

  /** The program that must be there; null: the class path has all. */
  @Nullable Program program();

  /** The server's version. Only after it was started. */
  String version();

  /**
   * Starts it with fresh data and makes its queues.
   *
   * @param workplace where its processes and data go; the caller closes it
   */
  Broker start(Workplace workplace, int batch) throws Exception;
}
