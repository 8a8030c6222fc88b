package dev.muster.master.expiry;

import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.Offer;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * Watches the visibility timeouts of consumers without a session. On the loop, but for what says
 * otherwise.
 */
public final class LeaseWatch {
  /**
   * Leases that end together, as far as is known: an extended one is found out when its time comes.
   */
  private record Deadline(long atMs, List<Long> ids, List<Long> tokens) {}

  private final PriorityQueue<Deadline> deadlines =
      new PriorityQueue<>(Comparator.comparingLong(Deadline::atMs));
  private final Proposer proposer;
  private final Applier applier;
  private final LongSupplier clockMs;

  public LeaseWatch(Proposer proposer, Applier applier, LongSupplier clockMs) {
    this.proposer = proposer;
    this.applier = applier;
    this.clockMs = clockMs;
  }

  /** This master leads now: watches what is leased already. */
  public void restore(QueueMachine machine) {
    machine.leased(
        (queue, id, token, session, leaseUntilMs) -> {
          if (session == 0) {
            deadlines.add(new Deadline(leaseUntilMs, List.of(id), List.of(token)));
          }
        });
  }

  /** Tasks were leased. Any thread. */
  public void leased(List<Offer> offers, long leaseUntilMs) {
    List<Long> ids = offers.stream().flatMap(offer -> offer.getIdsList().stream()).toList();
    long token = offers.get(0).getToken();
    List<Long> tokens = ids.stream().map(id -> token).toList();
    proposer.execute(() -> deadlines.add(new Deadline(leaseUntilMs, ids, tokens)));
  }

  /** Proposes to end what is over. On the loop, now and then. */
  public void tick() {
    long nowMs = clockMs.getAsLong();
    while (!deadlines.isEmpty() && deadlines.element().atMs <= nowMs) {
      Deadline due = deadlines.remove();
      ExpireLeases expire = applier.read(machine -> over(machine, due, nowMs));
      if (expire.getIdsCount() > 0) {
        proposer.propose(Command.newBuilder().setExpireLeases(expire).build(), Reply.NONE);
        // Looked at once more: the proposal may be lost, or refused by a clock that stepped back.
        deadlines.add(new Deadline(nowMs + 1_000, expire.getIdsList(), expire.getTokensList()));
      }
    }
  }

  /**
   * Most leases are settled long before, and some are extended: only the others are worth an entry.
   */
  private ExpireLeases over(QueueMachine machine, Deadline due, long nowMs) {
    ExpireLeases.Builder expire = ExpireLeases.newBuilder();
    for (int i = 0; i < due.ids.size(); i++) {
      long id = due.ids.get(i);
      long token = due.tokens.get(i);
      long untilMs = machine.leaseUntilMs(id, token);
      if (untilMs > nowMs) {
        deadlines.add(new Deadline(untilMs, List.of(id), List.of(token)));
      } else if (untilMs > 0) {
        expire.addIds(id).addTokens(token);
      }
    }
    return expire.build();
  }
}
