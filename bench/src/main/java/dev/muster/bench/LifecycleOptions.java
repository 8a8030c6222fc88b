package dev.muster.bench;

import java.util.List;

/**
 * What the lifecycle bench runs.
 *
 * @param tasks measured
 * @param warmUp tasks before the clock starts
 * @param payloadBytes size of a task's payload
 * @param resultBytes size of its result
 * @param workers worker sessions with one slot each
 * @param credit tasks that each session takes ahead
 * @param unfinishedMax the producer pauses while more tasks than this are under way or waiting
 * @param tls false: plaintext
 * @param masterJavaOptions for the master's JVM
 */
record LifecycleOptions(
    long tasks,
    long warmUp,
    int payloadBytes,
    int resultBytes,
    int workers,
    int credit,
    long unfinishedMax,
    boolean tls,
    List<String> masterJavaOptions) {}
