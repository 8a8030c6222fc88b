package dev.muster.master.queue;

import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.ScheduleInfo;
import java.util.List;

/**
 * What a command came to. A refusal is an outcome like any other: only a broken invariant throws.
 */
public sealed interface Outcome {
  /** Tasks were added (or had been, by the same request): ids first, first + 1, … */
  record Enqueued(long firstId, int count) implements Outcome {}

  /** A rule was not met; nothing changed. */
  record Refused(RefusalReason reason, String message) implements Outcome {}

  /**
   * Tasks were leased: none when none was ready or the session is gone.
   *
   * @param count tasks in all offers together
   * @param leaseUntilMs without a session: when the leases end, ms since the epoch
   */
  record Leased(List<Offer> offers, int count, long leaseUntilMs) implements Outcome {}

  /** The attempts were settled, but for those refused. */
  record Settled(List<RefusedAttempt> refused) implements Outcome {}

  /**
   * A session is open.
   *
   * @param number the session's, for commands
   * @param resumed it was known
   * @param settledUpto its last settlement applied
   * @param lostIds attempts that the worker holds and the session does not
   */
  record Opened(long number, boolean resumed, long settledUpto, List<Long> lostIds)
      implements Outcome {}

  /** The queue as it is now. */
  record Configured(QueueInfo queue) implements Outcome {}

  /** The schedule as it is now. */
  record Scheduled(ScheduleInfo schedule) implements Outcome {}

  /** Applied; there is nothing to say about it. */
  record Done() implements Outcome {}
}
