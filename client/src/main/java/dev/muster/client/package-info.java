/**
 * The client: add tasks, await their results, use a queue on the master like a {@code
 * BlockingQueue}, ask what stands in the queues.
 *
 * <p>Comes in: values of the caller. Goes out: the calls of {@code Tasks} and {@code Queues}. What
 * tasks are like is said by views of a {@code TaskQueue}, and checked in one place, {@code
 * TaskSpec}. Tasks that depend on each other go together as a {@code TaskGraph}; what became of
 * tasks, and what they tell while they run, is had from {@code TaskResults} and {@code Watching}. A
 * task's way: {@code TaskQueue} (value to payload) → {@code EnqueuePipeline} (gathers what is added
 * while sends are under way, numbers it, sends it again after a broken stream) → {@code Receipt}
 * (durable). Everything public is safe for use by many threads.
 *
 * <p>Threads: the caller's, and gRPC's event loop for replies; plus one that opens streams again
 * and one that opens awaits, and one for each {@code Watching}. No code of a user ever runs on the
 * event loop. Never holds more than a fixed number of unacknowledged bytes: callers wait instead.
 */
@NullMarked
package dev.muster.client;

import org.jspecify.annotations.NullMarked;
