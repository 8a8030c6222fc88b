package dev.muster.bench;

import java.util.List;

/**
 * What the pool bench runs.
 *
 * @param items measured
 * @param warmUp items before the clock starts
 * @param workers worker sessions with one slot each
 * @param ordered results in order of the items
 * @param named with a name: durable, to be resumed
 * @param masterJavaOptions for the master's JVM
 */
record PoolBenchOptions(
    int items,
    int warmUp,
    int workers,
    boolean ordered,
    boolean named,
    List<String> masterJavaOptions) {}
