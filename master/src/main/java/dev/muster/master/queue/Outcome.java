package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TenantInfo;
import java.util.List;

/**
 * What a command came to. A refusal is an outcome like any other: only a broken invariant throws.
 */
public sealed interface Outcome {
  /**
   * Tasks were added, or had been: by the same request, or under the same unique key.
   *
   * @param firstId ids are first, first + 1, …, unless {@code ids} says otherwise
   * @param ids the id for each payload, when some were there before; else empty
   * @param existing how many were there before
   */
  record Enqueued(long firstId, int count, List<Long> ids, int existing) implements Outcome {
    /** All are new. */
    public Enqueued(long firstId, int count) {
      this(firstId, count, List.of(), 0);
    }
  }

  /**
   * What a cancellation came to, tasks.
   *
   * @param cancelled called off at once
   * @param cancelling running: their workers are told
   * @param untouched finished before, or not known
   * @param goesOn there is more below, which follows by itself and is not counted
   */
  record Cancelled(long cancelled, long cancelling, long untouched, boolean goesOn)
      implements Outcome {}

  /**
   * What became of tasks that match a filter, as far as it was looked.
   *
   * @param count tasks that it was done to; of a numbered request, in all its steps so far
   * @param cursor where to go on; empty: all was looked at
   */
  record Bulked(long count, ByteString cursor) implements Outcome {}

  /** What was due is done, or a bounded part of it: then {@code more} is due. */
  record Advanced(boolean more) implements Outcome {}

  /** The tenant as it is now. */
  record TenantConfigured(TenantInfo tenant) implements Outcome {}

  /** The schedule as it is now. */
  record Scheduled(ScheduleInfo schedule) implements Outcome {}

  /** A rule was not met; nothing changed. */
  record Refused(RefusalReason reason, String message) implements Outcome {}

  /**
   * Tasks were leased: none when none was ready or the session is gone.
   *
   * @param count tasks in all offers together
   * @param cost slots that they take
   * @param leaseUntilMs without a session: when the leases end, ms since the epoch
   */
  record Leased(List<Offer> offers, int count, long cost, long leaseUntilMs) implements Outcome {}

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

  /** Applied; there is nothing to say about it. */
  record Done() implements Outcome {}
}
