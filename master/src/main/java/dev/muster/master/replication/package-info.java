/**
 * From proposals to applied entries: the proposer gathers what arrives into entries, Apache Ratis
 * makes them durable on a majority, the applier runs them through the state machine and answers.
 *
 * <p>In come commands with a reply each, from any thread; out go outcomes, from the apply thread.
 * Threads: the proposer's own loop, Ratis' updater (apply), and the flusher. Nothing here knows a
 * rule of the queues.
 */
@NullMarked
package dev.muster.master.replication;

import org.jspecify.annotations.NullMarked;
