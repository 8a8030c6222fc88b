package dev.muster.worker;

import dev.muster.client.connection.Connection;
import dev.muster.client.retry.Backoff;
import io.grpc.Channel;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The way to the master.
 *
 * @param channels an authenticated channel; may wait, and throws a MusterException when there is
 *     none in time
 * @param abandon told of a channel that is dead: the next one must not be the same
 * @param disconnect ends the way; once
 */
record WorkerLink(
    Supplier<Channel> channels, Backoff backoff, Consumer<Channel> abandon, Runnable disconnect) {
  /** A connection of its own. */
  static WorkerLink over(Connection connection) {
    return new WorkerLink(
        connection::channel, Backoff.standard(), connection::abandon, connection::close);
  }

  /** A way that cannot be made anew. */
  WorkerLink(Supplier<Channel> channels, Backoff backoff, Runnable disconnect) {
    this(channels, backoff, channel -> {}, disconnect);
  }
}
