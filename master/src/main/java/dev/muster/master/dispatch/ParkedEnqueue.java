package dev.muster.master.dispatch;

import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Reply;

/**
 * An enqueue that found its queue full and waits for room.
 *
 * @param command proposed again when there may be room
 * @param count tasks in it
 * @param reply who waits for it
 * @param refusal what it is told when the time ends
 * @param untilNs when its time ends, by the leader's monotonic clock, ns
 */
record ParkedEnqueue(
    Command command, int count, Reply reply, Outcome.Refused refusal, long untilNs) {}
