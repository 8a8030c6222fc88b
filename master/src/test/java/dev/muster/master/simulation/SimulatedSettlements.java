package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.master.simulation.SimulatedAttempt.Outcome;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a simulated worker's attempts came to: what gathered, and what is not known to be durable.
 */
final class SimulatedSettlements {
  private record Ended(SimulatedAttempt held, Outcome outcome) {}

  /** A settlement that is not known to be applied. */
  private static final class Numbered {
    final long number;
    final List<Ended> ended;
    final Settlement settlement;
    int sent;

    Numbered(long number, List<Ended> ended, Settlement settlement) {
      this.number = number;
      this.ended = ended;
      this.settlement = settlement;
    }
  }

  private final String name;
  private final World world;
  private final Ledger ledger;
  private final Workload workload;
  private final List<Ended> gathered = new ArrayList<>();
  private final ArrayDeque<Numbered> unsettled = new ArrayDeque<>();
  private long lastNumber;

  /**
   * @param name the worker's
   */
  SimulatedSettlements(String name, World world, Ledger ledger, Workload workload) {
    this.name = name;
    this.world = world;
    this.ledger = ledger;
    this.workload = workload;
  }

  /** All that was said is durable, and there is nothing to say. */
  boolean isEmpty() {
    return gathered.isEmpty() && unsettled.isEmpty();
  }

  /** Something was said in this session. */
  boolean isBegun() {
    return lastNumber > 0;
  }

  /** What is known to be durable, by number. */
  long durable() {
    return lastNumber - unsettled.size();
  }

  void add(SimulatedAttempt held, Outcome outcome) {
    gathered.add(new Ended(held, outcome));
  }

  /** Adds what gathered to a frame. */
  void say(WorkerFrame.Builder frame) {
    if (!gathered.isEmpty()) {
      Numbered next = new Numbered(++lastNumber, List.copyOf(gathered), settlement());
      gathered.clear();
      unsettled.add(next);
      frame.addSettlements(send(next));
    }
  }

  /** Adds to a frame what is not known to be durable. */
  void sayAgain(WorkerFrame.Builder frame) {
    unsettled.forEach(numbered -> frame.addSettlements(send(numbered)));
  }

  /**
   * The master knows the settlements up to a number.
   *
   * @param done what became of each of them, nobody heard
   */
  void welcomed(long upto, Consumer<SimulatedAttempt> done) {
    World.check(upto <= lastNumber, () -> name + ": settled up to " + upto + " of " + lastNumber);
    while (!unsettled.isEmpty() && unsettled.element().number <= upto) {
      unsettled.remove().ended.forEach(ended -> done.accept(ended.held));
    }
  }

  /** The session is lost: a new one begins. */
  void clear() {
    gathered.clear();
    unsettled.clear();
    lastNumber = 0;
  }

  private static NumberedSettlement send(Numbered numbered) {
    numbered.sent++;
    return NumberedSettlement.newBuilder()
        .setNumber(numbered.number)
        .setSettlement(numbered.settlement)
        .build();
  }

  private Settlement settlement() {
    Settlement.Builder settlement = Settlement.newBuilder().setResultContentType("text/plain");
    for (Ended ended : gathered) {
      SimulatedAttempt held = ended.held;
      switch (ended.outcome) {
        case COMPLETED -> {
          ledger.sent(held.entry, held.token);
          settlement
              .addCompletedIds(held.id)
              .addCompletedTokens(held.token)
              .addResults(ByteString.copyFromUtf8(Ledger.result(held.entry.name, held.token)));
          workload.followUp(held.entry, held.token).ifPresent(settlement::addFollowUps);
        }
        case FAILED -> {
          ledger.sent(held.entry, held.token);
          settlement.addFailed(
              FailedAttempt.newBuilder()
                  .setId(held.id)
                  .setToken(held.token)
                  .setFailure(
                      Failure.newBuilder()
                          .setKind("Boom")
                          .setRetryable(held.retryable)
                          .setMessage(Ledger.failure(held.entry.name, held.token))));
        }
        case CRASHED ->
            settlement.addCrashed(
                CrashedAttempt.newBuilder()
                    .setId(held.id)
                    .setToken(held.token)
                    .setCause("it exited with code 1")
                    .setRunUs(1 + (int) (world.nowMs - held.beganMs) * 1_000));
        case RETURNED -> settlement.addReturnedIds(held.id).addReturnedTokens(held.token);
        case CANCELLED -> settlement.addCancelledIds(held.id).addCancelledTokens(held.token);
      }
    }
    return settlement.build();
  }

  /** The master's answer. */
  void settled(
      MasterFrame frame,
      SimulatedCall<WorkerFrame, MasterFrame> from,
      Consumer<SimulatedAttempt> done) {
    Set<List<Long>> refused = new HashSet<>();
    for (RefusedAttempt attempt : frame.getRefusedList()) {
      refused.add(List.of(attempt.getId(), attempt.getToken()));
    }
    while (!unsettled.isEmpty() && unsettled.element().number <= frame.getSettledUpto()) {
      Numbered numbered = unsettled.remove();
      for (Ended ended : numbered.ended) {
        SimulatedAttempt held = ended.held;
        done.accept(held);
        boolean accepted = !refused.contains(List.of(held.id, held.token));
        if (numbered.sent > 1) {
          continue; // An answer to the first sending may have been lost: this one says nothing.
        }
        if (!accepted) {
          World.check(
              held.lost || held.stream != from || !from.isWhole(),
              () ->
                  (name + " holds task " + held.id + " under " + held.token)
                      + " in a live session, and its outcome is refused without a word");
        } else {
          World.check(
              ended.outcome == Outcome.RETURNED || !held.lost,
              () -> "task " + held.id + " under " + held.token + " was lost, and is accepted");
          accepted(ended);
        }
      }
    }
  }

  private void accepted(Ended ended) {
    LedgerEntry entry = ended.held.entry;
    switch (ended.outcome) {
      case COMPLETED -> Ledger.accepted(entry, ended.held.token);
      case FAILED -> ledger.acceptedFailure(entry, ended.held.token, ended.held.retryable);
      case CRASHED -> Ledger.acceptedCrash(entry, ended.held.token);
      case CANCELLED -> ledger.stopped(entry);
      case RETURNED -> {}
    }
  }
}
