/**
 * The worker: a session with the master, slots that run tasks, handlers by name.
 *
 * <p>Comes in: {@code MasterFrame}s. Goes out: {@code WorkerFrame}s. A task's way: {@code
 * SessionStream} (event loop) → {@code LocalQueue} → {@code Slot} (runs the handler, writes the
 * outcome into its columns) → {@code FrameGatherer} (everything that gathered becomes one frame,
 * kept until settled). Offers are held as the master sent them, in columns; a slot claims one by
 * one.
 *
 * <p>Threads: one for each slot, the only ones that run a user's code; gRPC's event loop; one that
 * connects; one for heartbeats. Whoever has something to say sends it: there is no sender thread.
 * Never drops an outcome before the master said that it is durable or refused.
 */
@NullMarked
package dev.muster.worker;

import org.jspecify.annotations.NullMarked;
