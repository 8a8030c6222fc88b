package dev.muster.master.dispatch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;

/** Supply and demand of one queue, as the leader sees them. On the loop only. */
final class QueueDemand {
  final String name;

  /**
   * Workers that may have credit, in turn; those that have none any more are dropped when their
   * turn comes.
   */
  final LinkedHashSet<WorkerLink> hungry = new LinkedHashSet<>();

  final Deque<ParkedTake> takes = new ArrayDeque<>();
  final Deque<ParkedEnqueue> enqueues = new ArrayDeque<>();

  /** Ready tasks and room, as of the last entry applied. */
  long ready;

  long room = Long.MAX_VALUE;

  /** Tasks in proposals under way. */
  long enqueuing;

  /** Tasks asked for by lease proposals under way. */
  long leasing;

  /** Sessions that serve it. */
  int links;

  QueueDemand(String name) {
    this.name = name;
  }

  /**
   * Tasks that a lease proposed now may find. Exact when nothing is under way, so that nothing is
   * ever overlooked.
   */
  long available() {
    return ready + enqueuing - leasing;
  }

  boolean isIdle() {
    return links == 0
        && takes.isEmpty()
        && enqueues.isEmpty()
        && ready == 0
        && enqueuing == 0
        && leasing == 0;
  }
}
