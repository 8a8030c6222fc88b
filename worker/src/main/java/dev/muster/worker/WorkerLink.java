package dev.muster.worker;

import dev.muster.client.retry.Backoff;
import io.grpc.Channel;
import java.util.function.Supplier;

/**
 * The way to the master.
 *
 * @param channels an authenticated channel; may wait, and throws a MusterException when there is
 *     none in time
 * @param disconnect ends the way; once
 */
record WorkerLink(Supplier<Channel> channels, Backoff backoff, Runnable disconnect) {}
