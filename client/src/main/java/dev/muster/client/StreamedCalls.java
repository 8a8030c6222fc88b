package dev.muster.client;

import dev.muster.client.retry.Backoff;
import dev.muster.common.MusterException;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens calls with many answers, read by the caller's thread. Thread-safe. */
final class StreamedCalls {
  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;
  private volatile boolean closed;

  StreamedCalls(Supplier<Channel> channels, Supplier<Backoff> backoffs) {
    this.channels = channels;
    this.backoffs = backoffs;
  }

  /**
   * Prepares a call; it is opened when the first reply is asked for.
   *
   * @param request what is still to be asked, whenever the call is opened anew
   * @param deadline null: none
   */
  <Q, R> Replies<Q, R> open(
      MethodDescriptor<Q, R> method, Supplier<Q> request, @Nullable Deadline deadline) {
    return new Replies<>(this::channel, backoffs.get(), method, request, deadline);
  }

  private Channel channel() {
    if (closed) {
      throw new MusterException("the client is closed");
    }
    return channels.get();
  }

  /** The client goes: calls that break are not opened again. */
  void close() {
    closed = true;
  }
}
