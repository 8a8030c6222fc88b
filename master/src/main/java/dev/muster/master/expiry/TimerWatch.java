package dev.muster.master.expiry;

import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Proposes to advance time when a timer of the state machine is due: delays, back-offs, TTLs,
 * visibility timeouts, retention. One proposal at a time. On the loop, but for what says otherwise.
 */
public final class TimerWatch {
  private static final Command ADVANCE =
      Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build();

  /** What is due later than that is left to the ticks, until it is near. */
  private static final long ALARM_WITHIN_MS = 1_000;

  private final Proposer proposer;
  private final Applier applier;
  private final LongSupplier clockMs;
  private final LongConsumer alarm;

  /** When the earliest timer is due, ms since the epoch. */
  private long dueMs = Long.MAX_VALUE;

  /** When the alarm rings that was set last. */
  private long alarmMs = Long.MAX_VALUE;

  private boolean proposed;

  /**
   * @param clockMs the leader's clock, ms since the epoch
   * @param alarm asked to have {@link #tick} called in so many ms: ticks alone come too seldom for
   *     short delays
   */
  public TimerWatch(Proposer proposer, Applier applier, LongSupplier clockMs, LongConsumer alarm) {
    this.proposer = proposer;
    this.applier = applier;
    this.clockMs = clockMs;
    this.alarm = alarm;
  }

  /** This master leads now. */
  public void restore(QueueMachine machine) {
    look(machine.nextDueMs());
  }

  /** The earliest timer is due then; {@link Long#MAX_VALUE}: none is set. Any thread. */
  public void due(long atMs) {
    proposer.execute(() -> look(atMs));
  }

  private void look(long atMs) {
    dueMs = atMs;
    tick();
  }

  /** Proposes what is due. On the loop, now and then and when the alarm rings. */
  public void tick() {
    long nowMs = clockMs.getAsLong();
    if (alarmMs <= nowMs) {
      alarmMs = Long.MAX_VALUE;
    }
    if (proposed || dueMs == Long.MAX_VALUE) {
      return;
    }
    if (dueMs <= nowMs) {
      propose();
    } else if (dueMs < alarmMs && dueMs - nowMs <= ALARM_WITHIN_MS) {
      alarmMs = dueMs;
      alarm.accept(dueMs - nowMs);
    }
  }

  private void propose() {
    proposed = true;
    proposer.propose(
        ADVANCE,
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            boolean more = ((Outcome.Advanced) outcome).more();
            proposer.execute(() -> advanced(more));
          }

          @Override
          public void unknown(String why) {
            // The next tick tries again.
            proposer.execute(() -> proposed = false);
          }
        });
  }

  private void advanced(boolean more) {
    proposed = false;
    if (more) {
      propose();
    } else {
      look(applier.read(QueueMachine::nextDueMs));
    }
  }
}
