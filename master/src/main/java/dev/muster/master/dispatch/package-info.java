/**
 * Leader only: who gets which task, and who waits for what.
 *
 * <p>In come credit, takes and heartbeats; out go lease proposals, and offers to the streams.
 * Everything here runs on the proposer's loop, but for what says otherwise, and can be thrown away
 * and rebuilt: a new leader starts with {@link dev.muster.master.dispatch.Dispatcher#start}. It
 * never changes state but by proposing.
 */
@NullMarked
package dev.muster.master.dispatch;

import org.jspecify.annotations.NullMarked;
