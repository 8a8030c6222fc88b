package dev.muster.worker;

/** How far a worker's leaving has come; never back, but for {@link #DUE} on a new stream. */
enum Farewell {
  /** It stays. */
  NONE,
  /** It takes no more tasks; what runs may end. */
  DRAINING,
  /** Everything has an outcome: the frame that has the last one is to say goodbye. */
  DUE,
  /** That frame is made, for the stream that stands: nothing may follow it there. */
  MADE,
  /** It is sent. */
  SENT
}
