package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.CodecException;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Takes entries out of a queue for good: leases them, acknowledges them, and only then hands them
 * out. What is handed out is durably removed, and nobody else can get it. Thread-safe.
 */
final class LeaseTaker<E> {
  /** One question waits at most so long; an interrupted one may still lease for so long. */
  private static final int WAIT_SLICE_MS = 5_000;

  /** Long enough to acknowledge, short enough that a lost answer soon gives the entry back. */
  private static final int VISIBILITY_TIMEOUT_MS = 10_000;

  private static final int ANSWER_MARGIN_MS = 10_000;

  private final String queue;
  private final Codec<E> codec;
  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;
  private final UnaryCalls calls;
  private final Duration requestTimeout;

  LeaseTaker(
      String queue,
      Codec<E> codec,
      Supplier<Channel> channels,
      Supplier<Backoff> backoffs,
      UnaryCalls calls,
      Duration requestTimeout) {
    this.queue = queue;
    this.codec = codec;
    this.channels = channels;
    this.backoffs = backoffs;
    this.calls = calls;
    this.requestTimeout = requestTimeout;
  }

  /**
   * Takes what is there, or what comes first until the deadline.
   *
   * @param max 1 to {@link Limits#TAKE_MAX}
   * @param wait how long to wait for the first entry
   * @return removed entries, in order; empty when none came in time
   * @throws CodecException when an entry is not of this type: it is then a failed task, not lost
   */
  List<E> take(int max, Deadline wait) throws InterruptedException {
    Backoff backoff = backoffs.get();
    Deadline patience = TimeLimit.of(requestTimeout);
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long leftMs = Math.max(0, wait.timeRemaining(TimeUnit.MILLISECONDS));
      int waitMs = (int) Math.min(leftMs, WAIT_SLICE_MS);
      TakeReply reply;
      try {
        reply = askOnce(max, waitMs);
      } catch (MusterException e) {
        boolean outOfTime = leftMs == 0 && patience.isExpired();
        if (!isRetryable(e) || outOfTime) {
          throw e;
        }
        long pauseMs = backoff.nextMs();
        if (leftMs > 0 && wait.timeRemaining(TimeUnit.MILLISECONDS) <= pauseMs) {
          throw e;
        }
        Thread.sleep(pauseMs);
        continue;
      }
      List<E> taken = settle(reply);
      if (!taken.isEmpty()) {
        return taken;
      }
      if (reply.getOffersCount() == 0 && wait.isExpired()) {
        return taken;
      }
      // Else: another question, or all of it belonged to others by now.
    }
  }

  private static boolean isRetryable(MusterException e) {
    return e instanceof UnreachableException
        || (e.getCause() != null && RpcFailures.isRetryable(e.getCause()))
        || (RpcFailures.refusal(e) != null && RpcFailures.isRetryable(e));
  }

  private TakeReply askOnce(int max, int waitMs) throws InterruptedException {
    CompletableFuture<TakeReply> answer = new CompletableFuture<>();
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue(queue)
            .setMax(max)
            .setWaitMs(waitMs)
            .setVisibilityTimeoutMs(VISIBILITY_TIMEOUT_MS)
            .build();
    TasksGrpc.newStub(channels.get())
        .withExecutor(ForkJoinPool.commonPool())
        .withDeadlineAfter(waitMs + ANSWER_MARGIN_MS, TimeUnit.MILLISECONDS)
        .take(request, new ToFuture<>(answer));
    try {
      return answer.get();
    } catch (InterruptedException e) {
      // Not cancelled: a lease that is on its way would be lost until it times out.
      var unused = answer.thenAccept(this::giveBack);
      throw e;
    } catch (ExecutionException e) {
      throw RpcFailures.of(e.getCause() == null ? e : e.getCause());
    }
  }

  private void giveBack(TakeReply reply) {
    Settlement.Builder returned = Settlement.newBuilder();
    for (Offer offer : reply.getOffersList()) {
      for (long id : offer.getIdsList()) {
        returned.addReturnedIds(id).addReturnedTokens(offer.getToken());
      }
    }
    if (returned.getReturnedIdsCount() > 0) {
      // Tried once: the lease's time-out does the same, only later.
      TasksGrpc.newStub(channels.get())
          .withDeadlineAfter(VISIBILITY_TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .settle(
              SettleRequest.newBuilder().setSettlement(returned).build(),
              new ToFuture<>(new CompletableFuture<>()));
    }
  }

  private List<E> settle(TakeReply reply) {
    List<E> values = new ArrayList<>();
    List<Long> ids = new ArrayList<>();
    Settlement.Builder settlement = Settlement.newBuilder();
    CodecException unreadable = null;
    for (Offer offer : reply.getOffersList()) {
      for (int i = 0; i < offer.getIdsCount(); i++) {
        long id = offer.getIds(i);
        try {
          values.add(codec.decode(payload(offer, i)));
          ids.add(id);
          settlement.addCompletedIds(id).addCompletedTokens(offer.getToken());
        } catch (CodecException e) {
          unreadable = e;
          settlement.addFailed(unreadable(id, offer.getToken(), e));
        }
      }
    }
    if (ids.isEmpty() && unreadable == null) {
      return List.of();
    }
    Settlement all = settlement.build();
    SettleReply settled =
        calls.callOnceUninterruptibly(
            TasksGrpc.getSettleMethod(),
            id -> SettleRequest.newBuilder().setRequest(id).setSettlement(all).build(),
            TimeLimit.of(requestTimeout));
    List<E> taken = withoutRefused(values, ids, settled);
    if (unreadable != null && taken.isEmpty()) {
      throw unreadable;
    }
    return taken;
  }

  private static ByteString payload(Offer offer, int i) {
    return offer.getPayloads(i);
  }

  private static FailedAttempt unreadable(long id, long token, CodecException e) {
    return FailedAttempt.newBuilder()
        .setId(id)
        .setToken(token)
        .setFailure(
            Failure.newBuilder()
                .setKind(CodecException.class.getName())
                .setMessage(String.valueOf(e.getMessage()))
                .setRetryable(false))
        .build();
  }

  private List<E> withoutRefused(List<E> values, List<Long> ids, SettleReply settled) {
    if (settled.getRefusedCount() == 0) {
      return values;
    }
    Set<Long> refused = new HashSet<>();
    for (RefusedAttempt attempt : settled.getRefusedList()) {
      refused.add(attempt.getId());
    }
    List<E> mine = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      if (!refused.contains(ids.get(i))) {
        mine.add(values.get(i));
      }
    }
    return mine;
  }

  /** A unary answer as a future. */
  private record ToFuture<R>(CompletableFuture<R> future) implements StreamObserver<R> {
    @Override
    public void onNext(R value) {
      future.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      // The value came before.
    }
  }
}
