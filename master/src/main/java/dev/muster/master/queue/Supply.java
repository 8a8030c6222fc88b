package dev.muster.master.queue;

import java.util.List;

/**
 * What a queue has for those who wait on it.
 *
 * @param room tasks that can be enqueued now
 * @param roomMax tasks that can be enqueued at once when nothing waits
 * @param refusesAtOnce a full queue does not let producers wait
 * @param pools what waits, by what it asks of a worker; only those where something waits
 * @param runUs how long a task of this queue runs on average, µs, rounded up to a power of two;
 *     long until many have run
 * @param nextAtMs when time alone makes more of it leasable, ms since the epoch; {@link
 *     Long#MAX_VALUE}: time does not
 */
public record Supply(
    long room,
    long roomMax,
    boolean refusesAtOnce,
    List<PoolSupply> pools,
    long runUs,
    long nextAtMs) {
  /** Tasks that can be leased now, by workers of one kind or another; an upper bound. */
  public long leasable() {
    long sum = 0;
    for (int i = 0; i < pools.size(); i++) {
      sum += pools.get(i).leasable();
    }
    return sum;
  }
}
