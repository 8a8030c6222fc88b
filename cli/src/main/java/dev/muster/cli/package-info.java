/**
 * The {@code muster} command: reads arguments, calls the client, worker or master, prints for
 * people or for scripts.
 *
 * <p>In: the command line, standard input, the environment. Out: lines on standard output, one line
 * on standard error when something is wrong, and an exit code ({@link dev.muster.cli.ExitCode}).
 * Everything runs on the main thread; what runs elsewhere belongs to the client, worker or master.
 * Never here: a rule of the queues, a stack trace for a mistake of the user, a key on a command
 * line.
 */
@NullMarked
package dev.muster.cli;

import org.jspecify.annotations.NullMarked;
