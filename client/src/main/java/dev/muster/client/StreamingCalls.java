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
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls with one question and many answers, handed to the caller on its own thread. One that is cut
 * short is made again, with growing waits, for what is still missing. Thread-safe.
 */
final class StreamingCalls {
  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;

  StreamingCalls(Supplier<Channel> channels, Supplier<Backoff> backoffs) {
    this.channels = channels;
    this.backoffs = backoffs;
  }

  /**
   * Makes calls until nothing is missing. What a consumer throws ends the call and comes out here.
   *
   * @param missing asked before each call: the request; empty when all is there
   * @param outageMax how long the master may be away
   * @throws UnreachableException when it was away for longer
   * @throws MusterException for a refusal and every other failure
   */
  <Q, R> void call(
      MethodDescriptor<Q, R> method,
      Supplier<Optional<Q>> missing,
      Consumer<R> consumer,
      Duration outageMax)
      throws InterruptedException {
    Backoff backoff = backoffs.get();
    Deadline giveUp = TimeLimit.of(outageMax);
    for (Optional<Q> request = missing.get(); request.isPresent(); request = missing.get()) {
      long begunNanos = System.nanoTime();
      Ended ended = once(method, request.get(), consumer);
      if (missing.get().isEmpty()) {
        return;
      }
      boolean worked = ended.answers() > 0 || System.nanoTime() - begunNanos >= outageMax.toNanos();
      if (worked) {
        backoff.reset();
        giveUp = TimeLimit.of(outageMax);
      }
      long waitMs = backoff.nextMs();
      if (giveUp.timeRemaining(TimeUnit.MILLISECONDS) <= waitMs) {
        throw ended.failure() != null
            ? ended.failure()
            : new UnreachableException(
                "the master ends " + method.getBareMethodName() + " before all is said");
      }
      Thread.sleep(waitMs);
    }
  }

  /** How a call ended that may be made again; without a failure the master ended it. */
  private record Ended(long answers, @Nullable MusterException failure) {}

  private <Q, R> Ended once(MethodDescriptor<Q, R> method, Q request, Consumer<R> consumer)
      throws InterruptedException {
    Channel channel;
    try {
      channel = channels.get();
    } catch (UnreachableException e) {
      return new Ended(0, e);
    }
    CancellableContext context = Context.current().withCancellation();
    Context before = context.attach();
    try {
      return answers(
          ClientCalls.blockingServerStreamingCall(channel, method, CallOptions.DEFAULT, request),
          consumer);
    } finally {
      context.detach(before);
      context.cancel(null); // a consumer that throws leaves a call behind
    }
  }

  private static <R> Ended answers(Iterator<R> answers, Consumer<R> consumer)
      throws InterruptedException {
    long count = 0;
    while (true) {
      R answer;
      try {
        if (!answers.hasNext()) {
          return new Ended(count, null);
        }
        answer = answers.next();
      } catch (StatusRuntimeException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        MusterException failure = RpcFailures.of(e);
        if (!RpcFailures.isRetryable(e)) {
          throw failure;
        }
        return new Ended(count, failure);
      }
      count++;
      consumer.accept(answer);
    }
  }
}
