package dev.muster.cli;

import com.google.common.util.concurrent.ListenableFuture;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Settles the leases of {@code take}, one request at a time, while the next tasks are fetched. For
 * one thread.
 */
final class Settling {
  static final long ANSWER_WITHIN_MS = 10_000;

  private final Channel channel;
  private final Terminal terminal;
  private @Nullable ListenableFuture<SettleReply> last;

  Settling(Channel channel, Terminal terminal) {
    this.channel = channel;
    this.terminal = terminal;
  }

  /** Acknowledges all of them; returns when the request before this one is answered. */
  void complete(TakeReply reply) {
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Offer offer : reply.getOffersList()) {
      for (long id : offer.getIdsList()) {
        settlement.addCompletedIds(id).addCompletedTokens(offer.getToken());
      }
    }
    send(settlement);
  }

  /** Makes all of them ready for others; returns when that is done. */
  void giveBack(TakeReply reply) {
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Offer offer : reply.getOffersList()) {
      for (long id : offer.getIdsList()) {
        settlement.addReturnedIds(id).addReturnedTokens(offer.getToken());
      }
    }
    send(settlement);
    await();
  }

  private void send(Settlement.Builder settlement) {
    await();
    if (settlement.getCompletedIdsCount() + settlement.getReturnedIdsCount() > 0) {
      last =
          TasksGrpc.newFutureStub(channel)
              .withDeadlineAfter(ANSWER_WITHIN_MS, TimeUnit.MILLISECONDS)
              .settle(SettleRequest.newBuilder().setSettlement(settlement).build());
    }
  }

  /** Waits for the answer to what was sent last. */
  void await() {
    ListenableFuture<SettleReply> answer = last;
    last = null;
    if (answer == null) {
      return;
    }
    try {
      int refused = answer.get().getRefusedCount();
      if (refused > 0) {
        terminal.note(
            refused
                + " of the printed tasks came too late to be acknowledged: others may get them too");
      }
    } catch (ExecutionException e) {
      throw FailedCall.of(Status.fromThrowable(e).asRuntimeException());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while tasks were acknowledged; they may come back");
    }
  }
}
