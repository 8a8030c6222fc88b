package dev.muster.client;

import dev.muster.client.retry.Backoff;
import dev.muster.common.MusterException;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.function.Supplier;

/** Opens calls with many answers, read by the caller's thread. Thread-safe. */
final class StreamedCalls {
  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;
  private final Duration outageMax;
  private volatile boolean closed;

  /**
   * Calls of one client.
   *
   * @param outageMax how long the master may be away while a call without a deadline is read
   */
  StreamedCalls(Supplier<Channel> channels, Supplier<Backoff> backoffs, Duration outageMax) {
    this.channels = channels;
    this.backoffs = backoffs;
    this.outageMax = outageMax;
  }

  /**
   * Prepares a call that is over when its reader has enough; it is opened when the first reply is
   * asked for.
   *
   * @param request what is still to be asked, whenever the call is opened anew
   */
  <Q, R> Replies<Q, R> open(MethodDescriptor<Q, R> method, Supplier<Q> request) {
    return new Replies<>(this::channel, backoffs.get(), method, request, null, outageMax);
  }

  /** As {@link #open(MethodDescriptor, Supplier)}, at the longest until a deadline. */
  <Q, R> Replies<Q, R> open(MethodDescriptor<Q, R> method, Supplier<Q> request, Deadline deadline) {
    return new Replies<>(this::channel, backoffs.get(), method, request, deadline, outageMax);
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
