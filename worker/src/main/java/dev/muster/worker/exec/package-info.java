/**
 * Programs as tasks: the built-in handler "exec".
 *
 * <p>Comes in: an {@code ExecCommand}, read from JSON. Goes out: the program's exit code and output
 * as JSON, each line of output as a line of the task's log, or a failure. What may run is fixed at
 * the worker's start ({@code Programs}); nothing here ever asks a shell.
 *
 * <p>Threads: the slot's own waits for the program; one for each of its three streams moves bytes
 * while it runs. Cancelling comes from a thread of the worker's and only leaves a mark. Never
 * leaves a process or a directory behind that it can still find.
 */
@NullMarked
package dev.muster.worker.exec;

import org.jspecify.annotations.NullMarked;
