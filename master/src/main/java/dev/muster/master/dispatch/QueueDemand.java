package dev.muster.master.dispatch;

import dev.muster.master.queue.PoolSupply;
import dev.muster.master.queue.Supply;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Supply and demand of one queue, as the leader sees them. On the loop only. */
final class QueueDemand {
  private static final Supply NOTHING =
      new Supply(Long.MAX_VALUE, Long.MAX_VALUE, false, List.of(), Long.MAX_VALUE, Long.MAX_VALUE);

  final String name;

  /**
   * Workers that may have credit, in turn. One that has none when its turn comes leaves, and comes
   * back when it has: see {@link WaitingQueues}.
   */
  final LinkedHashSet<WorkerLink> hungry = new LinkedHashSet<>();

  /**
   * Workers that asked in vain, with the credit that they had: what goes next costs more. They ask
   * again when they have more, or when what waits changes.
   */
  private final Map<WorkerLink, Long> unserved = new LinkedHashMap<>();

  /**
   * Workers that asked in vain for less than they had: a task that costs more may have come just
   * before. They ask once more, for as much as they have.
   */
  private final Set<WorkerLink> asksForAll = new LinkedHashSet<>();

  final Deque<ParkedTake> takes = new ArrayDeque<>();
  final Deque<ParkedEnqueue> enqueues = new ArrayDeque<>();

  /** As of the last entry applied. */
  Supply supply = NOTHING;

  /** When it is worth a look though nothing has changed, ms since the epoch. */
  long lookAtMs = Long.MAX_VALUE;

  /** Enqueues under way; and plain tasks in them, which any worker can have at once. */
  long proposed;

  long enqueuing;

  /** Slots and tasks asked for by lease proposals under way. */
  long leasing;

  /** Sessions that serve it. */
  int links;

  QueueDemand(String name) {
    this.name = name;
  }

  /**
   * Slots that a lease proposed now may fill, by whomever. Exact when nothing is under way, so that
   * nothing is ever overlooked.
   */
  long available(long nowMs) {
    long sum = enqueuing - leasing;
    List<PoolSupply> pools = supply.pools();
    for (int i = 0; i < pools.size(); i++) {
      sum += leasable(pools.get(i), nowMs) * pools.get(i).cost();
    }
    return sum;
  }

  /** The same of what this worker can run with the credit that it has. */
  long available(WorkerLink link, long nowMs) {
    long sum = enqueuing - leasing;
    List<PoolSupply> pools = supply.pools();
    for (int i = 0; i < pools.size(); i++) {
      if (link.fits(pools.get(i))) {
        sum += leasable(pools.get(i), nowMs) * pools.get(i).cost();
      }
    }
    return sum;
  }

  /** The most slots that one task of those takes. */
  long costMax(WorkerLink link, long nowMs) {
    long most = 1;
    for (PoolSupply pool : supply.pools()) {
      if (pool.cost() > most && leasable(pool, nowMs) > 0 && link.fits(pool)) {
        most = pool.cost();
      }
    }
    return most;
  }

  /**
   * The credit with which a worker gets something that it cannot run with what it has; {@link
   * Long#MAX_VALUE}: more credit does not help.
   */
  long creditNeeded(WorkerLink link, long nowMs) {
    long least = Long.MAX_VALUE;
    for (PoolSupply pool : supply.pools()) {
      if (pool.cost() > link.credit && pool.cost() < least && link.couldRun(pool)) {
        least = leasable(pool, nowMs) > 0 ? pool.cost() : least;
      }
    }
    return least;
  }

  /** Tasks that a consumer without a session may find. */
  long availableToTakes(long nowMs) {
    long sum = enqueuing - leasing;
    for (PoolSupply pool : supply.pools()) {
      if (pool.requires().isEmpty()) {
        sum += leasable(pool, nowMs);
      }
    }
    return sum;
  }

  private long leasable(PoolSupply pool, long nowMs) {
    return supply.nextAtMs() <= nowMs ? Math.max(pool.leasable(), pool.later()) : pool.leasable();
  }

  /** A worker asks, unless it has done so in vain with as much. */
  void ask(WorkerLink link) {
    Long then = unserved.get(link);
    if (then == null || then < link.credit) {
      unserved.remove(link);
      hungry.add(link);
    }
  }

  /**
   * It got nothing.
   *
   * @param had its credit when it asked; it may have more by now, and then asks again
   * @param asked for so much of it
   */
  void askedInVain(WorkerLink link, long had, long asked) {
    long then = Math.min(asked, had);
    hungry.remove(link);
    unserved.put(link, then);
    link.waiting.add(this, then + 1);
    if (asked < had) {
      asksForAll.add(link);
    }
  }

  /** Slots that it asks for, when its share is so many. */
  long asks(WorkerLink link, long share) {
    return asksForAll.remove(link) ? link.credit : Math.min(link.credit, share);
  }

  /** Something is different: everyone may ask again. */
  void askAgain() {
    hungry.addAll(unserved.keySet());
    unserved.clear();
  }

  void forget(WorkerLink link) {
    hungry.remove(link);
    unserved.remove(link);
    asksForAll.remove(link);
  }

  /** Somebody waits in it, for room or for tasks, until a time. */
  boolean hasParked() {
    return !takes.isEmpty() || !enqueues.isEmpty();
  }

  boolean isIdle() {
    return links == 0 && !hasParked() && supply.pools().isEmpty() && proposed == 0 && leasing == 0;
  }
}
