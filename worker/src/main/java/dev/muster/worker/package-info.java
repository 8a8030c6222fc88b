/**
 * The worker: a session with the master, slots that run tasks, handlers by name.
 *
 * <p>Comes in: {@code MasterFrame}s. Goes out: {@code WorkerFrame}s. A task's way: {@code
 * SessionStream} (event loop) → {@code LocalQueue} → {@code Slot} (runs the handler, writes the
 * outcome into its columns) → {@code FrameGatherer} (everything that gathered becomes one frame,
 * kept until settled). Offers are held as the master sent them, in columns; a slot claims one by
 * one.
 *
 * <p>A running task talks through its {@code TaskContext}: {@code Reports} (progress, log lines,
 * partial results) ride in frames that go anyway, and are bounded; follow-ups travel with the
 * outcome. A task that is called off hears it by its context, then by an interrupt, then is given
 * up.
 *
 * <p>A slot runs its tasks by a {@code SlotRunner}: on its own thread ({@code ThreadRunner}), or in
 * a process ({@code ChildSlot} → {@code ChildProcess} ⇄ {@code ChildTasks}, which runs in there).
 * {@code ChildPool} keeps one process warm. A process that dies costs the task that it ran.
 *
 * <p>Threads: one for each slot, which run the handlers; gRPC's event loop; one that connects and
 * tells of it; one for heartbeats; when needed, one for timed steps and one for callbacks. Whoever
 * has something to say sends it: there is no sender thread. Never drops an outcome before the
 * master said that it is durable or refused.
 */
@NullMarked
package dev.muster.worker;

import org.jspecify.annotations.NullMarked;
