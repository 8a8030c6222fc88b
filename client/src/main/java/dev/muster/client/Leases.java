package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.ExtendReply;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TasksGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Leases tasks for a limited time, for who deals with them step by step: what is not settled or
 * extended in time goes to others. Thread-safe. Calls wait for the master up to the client's
 * request time-out (60 s) and then fail with a {@link MusterException}.
 */
public final class Leases {
  /** Beyond the time that a take waits, for the answer to come. */
  private static final Duration ANSWER_MARGIN = Duration.ofSeconds(10);

  private final UnaryCalls calls;
  private final Duration requestTimeout;

  Leases(UnaryCalls calls, Duration requestTimeout) {
    this.calls = calls;
    this.requestTimeout = requestTimeout;
  }

  /** A task that is held, and the fencing token of its attempt. */
  public record Leased(long id, long token, ByteString payload) {}

  /**
   * Takes what is there, or waits for the first.
   *
   * @param max 1 to 10,000
   * @param wait at most 60 s; zero: does not wait
   * @param visibility 100 ms to 12 h
   * @return in order; empty when none came in time
   */
  public List<Leased> take(String queue, int max, Duration wait, Duration visibility)
      throws InterruptedException {
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue(QueueName.check(queue))
            .setMax(Math.min(max, Limits.TAKE_MAX))
            .setWaitMs((int) Math.min(wait.toMillis(), Limits.TAKE_WAIT_MS_MAX))
            .setVisibilityTimeoutMs((int) visibility.toMillis())
            .build();
    Duration patience =
        wait.plus(requestTimeout.compareTo(ANSWER_MARGIN) > 0 ? requestTimeout : ANSWER_MARGIN);
    TakeReply reply = calls.call(TasksGrpc.getTakeMethod(), request, TimeLimit.of(patience));
    List<Leased> taken = new ArrayList<>();
    for (Offer offer : reply.getOffersList()) {
      for (int i = 0; i < offer.getIdsCount(); i++) {
        taken.add(new Leased(offer.getIds(i), offer.getToken(), offer.getPayloads(i)));
      }
    }
    return taken;
  }

  /**
   * Ends leases; durable when it returns. Sent again after a broken connection it is only a retry.
   *
   * @return ids that were refused, because others have them by now; all else stands
   */
  public Set<Long> settle(Settlement settlement) {
    SettleReply reply =
        calls.callOnce(
            TasksGrpc.getSettleMethod(),
            id -> SettleRequest.newBuilder().setRequest(id).setSettlement(settlement).build(),
            TimeLimit.of(requestTimeout));
    return ids(reply.getRefusedList());
  }

  /**
   * Moves the end of leases to so long from now.
   *
   * @return ids that were refused, because others have them by now
   */
  public Set<Long> extend(List<Leased> held, Duration visibility) {
    ExtendRequest.Builder request =
        ExtendRequest.newBuilder().setVisibilityTimeoutMs((int) visibility.toMillis());
    held.forEach(task -> request.addIds(task.id()).addTokens(task.token()));
    ExtendReply reply =
        calls.callUninterruptibly(
            TasksGrpc.getExtendMethod(), request.build(), TimeLimit.of(requestTimeout));
    return ids(reply.getRefusedList());
  }

  private static Set<Long> ids(List<RefusedAttempt> refused) {
    Set<Long> ids = new HashSet<>();
    refused.forEach(attempt -> ids.add(attempt.getId()));
    return ids;
  }
}
