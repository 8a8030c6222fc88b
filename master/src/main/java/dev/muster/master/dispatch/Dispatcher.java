package dev.muster.master.dispatch;

import dev.muster.master.dispatch.ParkedTake.Receiver;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.Supply;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Brings ready tasks and free slots together by proposing leases. On the proposer's loop only, but
 * for what says otherwise.
 *
 * <p>A lease is proposed in the same entry as the tasks that it is for, when a worker waits: put
 * and hand-out then cost one write to the log, not two. Nothing is scanned: a queue is looked at
 * when something about it changed, or when a worker has credit for which it waits.
 */
public final class Dispatcher {
  private final Proposer proposer;
  private final LongSupplier clockNs;
  private final LongSupplier clockMs;
  private final Map<String, QueueDemand> queues = new HashMap<>();
  private final Set<QueueDemand> changed = new LinkedHashSet<>();

  /** Queues in which somebody waits for room or for tasks. */
  private final Set<QueueDemand> parked = new LinkedHashSet<>();

  private final WorkerTurns workers;

  /** Where time alone makes more leasable. */
  private final TreeSet<QueueDemand> timed =
      new TreeSet<>(
          Comparator.comparingLong((QueueDemand queue) -> queue.lookAtMs)
              .thenComparing(queue -> queue.name));

  /**
   * @param clockNs monotonic, ns
   * @param clockMs the clock that stamps entries, ms since the epoch
   */
  public Dispatcher(Proposer proposer, LongSupplier clockNs, LongSupplier clockMs) {
    this.proposer = proposer;
    this.clockNs = clockNs;
    this.clockMs = clockMs;
    this.workers = new WorkerTurns(proposer, changed::add);
  }

  private QueueDemand demand(String queue) {
    return queues.computeIfAbsent(queue, QueueDemand::new);
  }

  /** What waits in a queue, as of the entry applied last. */
  public void waiting(String queue, Supply supply) {
    QueueDemand demand = demand(queue);
    changed.add(demand);
    if (!supply.equals(demand.supply)) {
      demand.supply = supply;
      demand.askAgain();
      timed.remove(demand);
      demand.lookAtMs = supply.nextAtMs();
      if (demand.lookAtMs != Long.MAX_VALUE) {
        timed.add(demand);
      }
    }
  }

  /** A worker serves these queues from now on, and no others. */
  void join(WorkerLink link, List<String> names) {
    leave(link);
    workers.join(link, names.stream().distinct().map(this::demand).toList());
  }

  /** It serves none any more. */
  void leave(WorkerLink link) {
    workers.leave(link);
  }

  /** A worker has free slots, or may have. */
  void hungry(WorkerLink link) {
    workers.hungry(link);
  }

  /** How often queues were looked at for workers so far: what planning costs. For tests. */
  long looks() {
    return workers.looks();
  }

  /**
   * Proposes an enqueue; one that finds its queue full waits for room as long as it asks to.
   *
   * @param reply answered on the apply thread, or on the loop when its time ends
   */
  public void enqueue(EnqueueRequest request, Reply reply) {
    long untilNs = clockNs.getAsLong() + TimeUnit.MILLISECONDS.toNanos(request.getWaitMs());
    Command command = Command.newBuilder().setEnqueue(request).build();
    propose(command, request.getPayloadsCount(), demand(request.getQueue()), reply, untilNs);
  }

  private void propose(Command command, int count, QueueDemand queue, Reply reply, long untilNs) {
    long atOnce = isPlain(command.getEnqueue()) ? count : 0;
    queue.proposed++;
    queue.enqueuing += atOnce;
    changed.add(queue);
    proposer.propose(
        command,
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            boolean full =
                outcome instanceof Outcome.Refused refused
                    && refused.reason() == RefusalReason.REFUSAL_REASON_QUEUE_FULL
                    && clockNs.getAsLong() < untilNs;
            if (!full) {
              reply.applied(outcome);
            }
            proposer.execute(
                () -> {
                  queue.proposed--;
                  queue.enqueuing -= atOnce;
                  changed.add(queue);
                  if (full && refusesAtOnce(queue, count)) {
                    reply.applied(outcome);
                  } else if (full) {
                    queue.enqueues.add(
                        new ParkedEnqueue(
                            command, count, reply, (Outcome.Refused) outcome, untilNs));
                    parked.add(queue);
                  }
                });
          }

          @Override
          public void entryApplied() {
            reply.entryApplied();
          }

          @Override
          public void unknown(String why) {
            reply.unknown(why);
            proposer.execute(
                () -> {
                  queue.proposed--;
                  queue.enqueuing -= atOnce;
                  changed.add(queue);
                });
          }
        });
  }

  /** It need not wait for room, or there will never be enough of it. */
  private static boolean refusesAtOnce(QueueDemand queue, int count) {
    return queue.supply.refusesAtOnce() || count > queue.supply.roomMax();
  }

  /**
   * Tasks that any worker can have as soon as they are there: these are leased in the entry that
   * enqueues them. The others are leased when it is applied.
   */
  private static boolean isPlain(EnqueueRequest request) {
    return request.getOptions().getCost() <= 1
        && request.getOptions().getRequiresCount() == 0
        && request.getDelayMs() == 0
        && request.getRunAtMs() == 0
        && request.getAfterIdsCount() == 0;
  }

  /** A consumer without a session asks for tasks. */
  public ParkedTake take(TakeRequest request, Receiver receiver) {
    QueueDemand queue = demand(request.getQueue());
    long untilNs = clockNs.getAsLong() + TimeUnit.MILLISECONDS.toNanos(request.getWaitMs());
    ParkedTake take =
        new ParkedTake(
            queue, request.getMax(), request.getVisibilityTimeoutMs(), untilNs, receiver);
    queue.takes.add(take);
    parked.add(queue);
    changed.add(queue);
    return take;
  }

  /** Its caller is gone. */
  public void cancel(ParkedTake take) {
    take.ended = true;
    if (take.queue.takes.remove(take)) {
      changed.add(take.queue);
    }
  }

  /** Proposes what can be matched. Before each entry is closed. */
  public void plan() {
    if (changed.isEmpty() && workers.isEmpty() && timed.isEmpty()) {
      return;
    }
    long nowMs = clockMs.getAsLong();
    while (!timed.isEmpty() && timed.first().lookAtMs <= nowMs) {
      QueueDemand due = timed.pollFirst();
      due.askAgain();
      changed.add(due);
    }
    List<QueueDemand> looked = new ArrayList<>(changed);
    changed.clear();
    looked.forEach(queue -> plan(queue, nowMs));
    workers.spend(nowMs);
    proposer.wakeAt(timed.isEmpty() ? Long.MAX_VALUE : timed.first().lookAtMs);
  }

  private void plan(QueueDemand queue, long nowMs) {
    planEnqueues(queue);
    planTakes(queue, nowMs);
    workers.plan(queue, nowMs);
    if (queue.isIdle()) {
      queues.remove(queue.name, queue);
    }
  }

  private void planEnqueues(QueueDemand queue) {
    long room = queue.supply.room();
    while (!queue.enqueues.isEmpty()) {
      ParkedEnqueue parked = queue.enqueues.element();
      if (refusesAtOnce(queue, parked.count())) { // The queue's settings were changed meanwhile.
        queue.enqueues.remove();
        parked.reply().applied(parked.refusal());
        continue;
      }
      if (parked.count() > room) {
        return;
      }
      queue.enqueues.remove();
      room -= parked.count();
      propose(parked.command(), parked.count(), queue, parked.reply(), parked.untilNs());
    }
  }

  private void planTakes(QueueDemand queue, long nowMs) {
    Iterator<ParkedTake> takes = queue.takes.iterator();
    while (takes.hasNext()) {
      ParkedTake take = takes.next();
      if (queue.availableToTakes(nowMs) > 0) {
        takes.remove();
        lease(queue, take);
      } else if (take.untilNs <= clockNs.getAsLong() && queue.leasing == 0) {
        // With leases under way nobody knows what they leave over: they ask for more than they get.
        takes.remove();
        take.ended = true;
        take.receiver.take(List.of());
      } else {
        return;
      }
    }
  }

  private void lease(QueueDemand queue, ParkedTake take) {
    int max = take.max;
    queue.leasing += max;
    Lease.Builder lease =
        Lease.newBuilder()
            .setQueue(queue.name)
            .setMax(max)
            .setVisibilityTimeoutMs(take.visibilityTimeoutMs);
    proposer.propose(
        Command.newBuilder().setLease(lease).build(),
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            Outcome.Leased leased = (Outcome.Leased) outcome;
            boolean taken = leased.count() > 0 && take.receiver.take(leased.offers());
            proposer.execute(
                () -> {
                  queue.leasing -= max;
                  changed.add(queue);
                  if (leased.count() == 0 && !take.ended) {
                    queue.takes.addFirst(take);
                    parked.add(queue);
                  } else if (leased.count() > 0 && !taken) {
                    giveBack(leased.offers());
                  }
                });
          }

          @Override
          public void unknown(String why) {
            take.receiver.unavailable(why);
            proposer.execute(
                () -> {
                  queue.leasing -= max;
                  changed.add(queue);
                });
          }
        });
  }

  /**
   * The caller went away while its tasks were being leased: they need not wait for the visibility
   * timeout.
   */
  private void giveBack(List<Offer> offers) {
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Offer offer : offers) {
      offer
          .getIdsList()
          .forEach(id -> settlement.addReturnedIds(id).addReturnedTokens(offer.getToken()));
    }
    Settle.Builder settle = Settle.newBuilder().setSettlement(settlement);
    proposer.propose(Command.newBuilder().setSettle(settle).build(), Reply.NONE);
  }

  /** Looks for waits that are over. Called now and then. */
  public void tick() {
    long nowNs = clockNs.getAsLong();
    for (QueueDemand queue : parked) {
      queue.enqueues.removeIf(
          parked -> {
            boolean over = parked.untilNs() <= nowNs;
            if (over) {
              parked.reply().applied(parked.refusal());
            }
            return over;
          });
      queue.takes.removeIf(
          take -> {
            boolean over = take.untilNs <= nowNs;
            if (over) {
              take.ended = true;
              take.receiver.take(List.of());
            }
            return over;
          });
      if (queue.isIdle()) {
        changed.add(queue); // Nobody waits any more: the next plan forgets it.
      }
    }
    parked.removeIf(queue -> !queue.hasParked());
  }
}
