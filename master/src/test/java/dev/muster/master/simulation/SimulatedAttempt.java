package dev.muster.master.simulation;

import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.WorkerFrame;
import org.jspecify.annotations.Nullable;

/** One attempt, as the simulated worker that holds it sees it. */
final class SimulatedAttempt {
  enum Phase {
    OFFERED,
    RUNNING,
    /** It has an outcome, which is not known to be durable. */
    ENDED
  }

  enum Outcome {
    COMPLETED,
    FAILED,
    /** Its process died, the worker lives. */
    CRASHED,
    RETURNED,
    /** Stopped because the master asked. */
    CANCELLED
  }

  final LedgerEntry entry;
  final long id;
  final long token;
  Phase phase = Phase.OFFERED;

  /** The master was told on this stream that it runs. */
  boolean told;

  /** The master said that it belongs to others: whatever it comes to must be refused. */
  boolean lost;

  /** Its handler never ends by itself. */
  boolean hangs;

  /** When its handler began; virtual time, ms. */
  long beganMs;

  /** The handler failed, and trying again may help. */
  boolean retryable;

  /** The stream on which the master gave or confirmed it. */
  @Nullable SimulatedCall<WorkerFrame, MasterFrame> stream;

  SimulatedAttempt(LedgerEntry entry, long id, long token) {
    this.entry = entry;
    this.id = id;
    this.token = token;
  }
}
