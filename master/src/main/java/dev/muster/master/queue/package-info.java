/**
 * The rules of all queues: one deterministic state machine.
 *
 * <p>In come commands with their log index and time, out go an outcome for whoever asked and the
 * effects that a leader acts on. One thread at a time, in the order of the log; whoever reads
 * beside it holds the same lock. No clock, no random, no order of a hash map, and no I/O but reads
 * of cold state through the store: the same log gives the same state everywhere.
 *
 * <p>Memory holds two generations of changes, a window at the head of each lane, what is leased,
 * and the counters; the rest is in the store. A reader looks in the current generation, then in the
 * frozen one, then in the store.
 */
@NullMarked
package dev.muster.master.queue;

import org.jspecify.annotations.NullMarked;
