package dev.muster.master.queue;

import java.util.Map;

/**
 * Tasks of a queue that ask the same of a worker.
 *
 * @param requires labels that the worker must have, with their values
 * @param cost slots that each takes
 * @param leasable how many can be leased now: an upper bound, but 0 only when none can
 * @param later the same at {@link Supply#nextAtMs}
 */
public record PoolSupply(Map<String, String> requires, int cost, long leasable, long later) {}
