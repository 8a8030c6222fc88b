package dev.muster.compare;

import org.jspecify.annotations.Nullable;

/** One that is compared: Muster, or a peer in one setting of its durability. */
interface Contender {
  /** What the lines of its turns name it by. */
  String id();

  /** What the table calls it. */
  String name();

  /** When a put is acknowledged: what is safe by then. */
  String durability();

  /** Batch, pipeline and prefetch, and the client. */
  String driving();

  /** Why it cannot run here, and what to do; null: it can. */
  @Nullable String absence();

  /** The server's version. Only after it was measured. */
  String version();

  /**
   * Starts it, drives whole lives of tasks through it, and removes it.
   *
   * @throws ComparisonException when it does not start, refuses something, or stalls
   */
  Turn measure(Span span) throws InterruptedException;
}
