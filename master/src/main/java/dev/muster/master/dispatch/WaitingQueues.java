package dev.muster.master.dispatch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Queues that had something for a worker when it had too little credit. It looks at them when it
 * has more, in turn and only until its credit is gone: so what a frame of a worker costs does not
 * grow with the queues that it serves. On the loop only.
 */
final class WaitingQueues {
  /** By the credit that it takes to get something; each with its number in the turn. */
  private final TreeMap<Long, Map<QueueDemand, Long>> byNeed = new TreeMap<>();

  private long turn;

  /**
   * A queue waits for credit, behind those that wait already.
   *
   * @param need so much of it, at least 1
   */
  void add(QueueDemand queue, long need) {
    Map<QueueDemand, Long> same = byNeed.computeIfAbsent(need, unused -> new LinkedHashMap<>());
    if (same.putIfAbsent(queue, turn) == null) {
      turn++;
    }
  }

  /** Takes out the one that waits longest of those for which so much credit will do. */
  @Nullable QueueDemand poll(long credit) {
    long longest = Long.MAX_VALUE;
    long need = 0;
    for (Map.Entry<Long, Map<QueueDemand, Long>> same : byNeed.headMap(credit, true).entrySet()) {
      long first = same.getValue().values().iterator().next();
      if (first < longest) {
        longest = first;
        need = same.getKey();
      }
    }
    Map<QueueDemand, Long> same = byNeed.get(need);
    if (same == null) {
      return null;
    }
    QueueDemand queue = same.keySet().iterator().next();
    same.remove(queue);
    if (same.isEmpty()) {
      byNeed.remove(need);
    }
    return queue;
  }

  void clear() {
    byNeed.clear();
  }
}
