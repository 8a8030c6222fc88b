package dev.muster.master.dispatch;

import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Proposes leases for workers: what a queue has goes to its workers in turn, and what credit a
 * worker has goes to its queues in turn. On the loop only.
 *
 * <p>It costs what has changed, not how many queues a worker serves, nor how many workers a queue
 * has: a worker that is found without credit leaves the queue's turn, and the queue joins those
 * that wait for its credit ({@link WaitingQueues}); and the other way round. So for each queue with
 * something to lease and each of its workers with credit one of these holds: the queue is yet to be
 * looked at, as changed or as waiting for that worker; or the worker cannot run what is there; or
 * it asked in vain and nothing has changed since.
 */
final class WorkerTurns {
  /** One lease asks for at most so many slots, unless a single task takes more. */
  private static final long LEASE_SLOTS_MAX = 2_000;

  /** A share is not cut smaller than what runs for so long, µs. */
  private static final long SHARE_US = 1_000;

  private final Proposer proposer;
  private final Consumer<QueueDemand> changed;

  /** Workers that have credit since the last plan. */
  private final Set<WorkerLink> fed = new LinkedHashSet<>();

  private long looks;

  /**
   * @param changed told of a queue that is to be looked at in the next plan
   */
  WorkerTurns(Proposer proposer, Consumer<QueueDemand> changed) {
    this.proposer = proposer;
    this.changed = changed;
  }

  /** A worker that serves no queue serves these from now on. */
  void join(WorkerLink link, List<QueueDemand> queues) {
    link.queues = queues;
    for (QueueDemand queue : queues) {
      queue.links++;
      queue.ask(link);
      changed.accept(queue);
    }
  }

  /** It serves none any more: they must not hold it for hungry. */
  void leave(WorkerLink link) {
    for (QueueDemand queue : link.queues) {
      queue.links--;
      queue.forget(link);
      changed.accept(queue);
    }
    link.queues = List.of();
    link.waiting.clear();
  }

  /** It has free slots, or may have. */
  void hungry(WorkerLink link) {
    if (link.isHungry()) {
      fed.add(link);
    }
  }

  boolean isEmpty() {
    return fed.isEmpty();
  }

  /** Queues looked at so far. */
  long looks() {
    return looks;
  }

  /** The queues that wait for credit that came since the last plan get it, one after the other. */
  void spend(long nowMs) {
    for (WorkerLink link : fed) {
      while (link.isHungry()) {
        QueueDemand queue = link.waiting.poll(link.credit);
        if (queue == null) {
          break;
        }
        queue.ask(link);
        plan(queue, nowMs);
      }
    }
    fed.clear();
  }

  /** Hands out what a queue has, as far as its workers have credit. */
  void plan(QueueDemand queue, long nowMs) {
    looks++;
    while (!queue.hungry.isEmpty() && planTurn(queue, nowMs)) {
      // Another turn, until nobody gets anything.
    }
  }

  /**
   * Each worker that waits has one turn; who is still hungry then has another, later. False: there
   * was nothing for anyone.
   */
  private boolean planTurn(QueueDemand queue, long nowMs) {
    List<WorkerLink> stillHungry = new ArrayList<>();
    boolean served = false;
    while (queue.available(nowMs) > 0 && !queue.hungry.isEmpty()) {
      Iterator<WorkerLink> first = queue.hungry.iterator();
      WorkerLink link = first.next();
      first.remove();
      if (!link.isHungry()) {
        link.waiting.add(queue, 1);
        continue;
      }
      long available = queue.available(link, nowMs);
      if (available > 0) {
        // An even share for each that waits: large credit must not starve the others. What takes no
        // time to run makes nobody wait: one frame of it costs less than many.
        long waiting = queue.hungry.size() + 1L;
        long cost = queue.costMax(link, nowMs);
        long even = (available + waiting - 1) / waiting;
        long share = Math.max(Math.max(even, SHARE_US / queue.supply.runUs()), cost);
        long most = Math.max(LEASE_SLOTS_MAX, cost);
        lease(queue, link, queue.asks(link, Math.min(share, most)));
        served = true;
      } else {
        awaitCredit(queue, link, nowMs);
      }
      if (link.isHungry()) {
        stillHungry.add(link);
      } else {
        link.waiting.add(queue, 1);
      }
    }
    queue.hungry.addAll(stillHungry);
    return served;
  }

  /** Something is there, but takes more than it has. */
  private static void awaitCredit(QueueDemand queue, WorkerLink link, long nowMs) {
    long need = queue.creditNeeded(link, nowMs);
    if (need != Long.MAX_VALUE) {
      link.waiting.add(queue, need);
    }
  }

  private void lease(QueueDemand queue, WorkerLink link, long slots) {
    long had = link.credit;
    queue.leasing += slots;
    link.leasing += slots;
    link.credit -= slots;
    Lease.Builder lease =
        Lease.newBuilder().setQueue(queue.name).setSession(link.session).setMax((int) slots);
    proposer.propose(
        Command.newBuilder().setLease(lease).build(),
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            Outcome.Leased leased = (Outcome.Leased) outcome;
            if (leased.count() > 0) {
              link.offer(leased.offers());
            }
            proposer.execute(() -> leased(queue, link, had, slots, leased.cost()));
          }

          @Override
          public void unknown(String why) {
            proposer.execute(() -> leased(queue, link, had, slots, 0));
          }
        });
  }

  private void leased(QueueDemand queue, WorkerLink link, long had, long asked, long got) {
    queue.leasing -= asked;
    link.leasing -= asked;
    link.credit += asked - got;
    changed.accept(queue);
    if (got == 0) {
      queue.askedInVain(link, had, asked);
    }
    hungry(link);
    if (link.stream() == null && got > 0) {
      Sessions.returnUnstarted(proposer, link);
    }
  }
}
