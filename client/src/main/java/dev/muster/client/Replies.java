package dev.muster.client;

import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one call, one after the other. When the call breaks, or ends before its reader has
 * all, it is opened again with what is still to be asked. For one thread, but for {@link #close}.
 */
final class Replies<Q, R> implements AutoCloseable {
  private final Supplier<Channel> channels;
  private final Backoff backoff;
  private final MethodDescriptor<Q, R> method;
  private final Supplier<Q> request;
  private final @Nullable Deadline deadline;

  /** Ends the call that is under way: gRPC's blocking calls know no other handle. */
  private final CancellableContext context = Context.ROOT.withCancellation();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Duration outageMax;
  private @Nullable Iterator<R> replies;

  /** While an outage lasts: its end, as far as this waits for it. */
  private @Nullable Deadline giveUp;

  Replies(
      Supplier<Channel> channels,
      Backoff backoff,
      MethodDescriptor<Q, R> method,
      Supplier<Q> request,
      @Nullable Deadline deadline,
      Duration outageMax) {
    this.channels = channels;
    this.backoff = backoff;
    this.method = method;
    this.request = request;
    this.deadline = deadline;
    this.outageMax = outageMax;
  }

  /**
   * Waits for the next reply.
   *
   * @return null when the deadline is over or this was closed
   * @throws UnreachableException when there is no deadline, and the master is away for too long
   * @throws MusterException for a refusal, and all else that trying again does not change
   */
  @Nullable R next() throws InterruptedException {
    while (!isClosed()) {
      MusterException failure;
      long begunNanos = System.nanoTime();
      try {
        Iterator<R> open = replies == null ? open() : replies;
        replies = open;
        if (open.hasNext()) {
          R reply = open.next();
          worked();
          return reply;
        }
        failure =
            new UnreachableException(
                "the master ends " + method.getBareMethodName() + " before all is said");
      } catch (StatusRuntimeException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (isClosed() || e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
          return null;
        }
        failure = RpcFailures.of(e);
        if (!RpcFailures.isRetryable(e)) {
          throw failure;
        }
      } catch (UnreachableException e) {
        failure = e;
      }
      if (replies != null && System.nanoTime() - begunNanos >= outageMax.toNanos()) {
        worked(); // nothing was to be said for so long: that is no outage
      }
      replies = null;
      giveUp = giveUp == null ? TimeLimit.of(outageMax) : giveUp;
      if (deadline == null && giveUp.isExpired()) {
        throw failure;
      }
      if (!pause()) {
        return null;
      }
    }
    return null;
  }

  private void worked() {
    giveUp = null;
    backoff.reset();
  }

  private Iterator<R> open() {
    CallOptions options =
        deadline == null ? CallOptions.DEFAULT : CallOptions.DEFAULT.withDeadline(deadline);
    Channel channel = channels.get();
    Context previous = context.attach();
    try {
      return ClientCalls.blockingServerStreamingCall(channel, method, options, request.get());
    } finally {
      context.detach(previous);
    }
  }

  /** False: it is over. */
  private boolean pause() throws InterruptedException {
    long waitMs = backoff.nextMs();
    if (deadline != null) {
      long leftMs = deadline.timeRemaining(TimeUnit.MILLISECONDS);
      if (leftMs <= 0) {
        return false;
      }
      waitMs = Math.min(waitMs, leftMs);
    }
    return !closed.await(waitMs, TimeUnit.MILLISECONDS);
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Ends the call, from any thread; {@link #next} then returns null. Closing twice is harmless. */
  @Override
  public void close() {
    closed.countDown();
    context.cancel(null);
  }
}
