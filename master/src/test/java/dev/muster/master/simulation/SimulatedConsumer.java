package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.ExtendReply;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import io.grpc.Status;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes tasks without a session, for a limited time, and settles them: late, twice, or never. */
final class SimulatedConsumer {
  private static final int VISIBILITY_MS = 2_000;

  private final World world;
  private final World.Program process;
  private final Ledger ledger;
  private final Workload workload;
  private final Supplier<SimulatedMaster> master;
  private int takes;

  SimulatedConsumer(
      String name,
      World world,
      Ledger ledger,
      Workload workload,
      Supplier<SimulatedMaster> master) {
    this.process = new World.Program(name);
    this.world = world;
    this.ledger = ledger;
    this.workload = workload;
    this.master = master;
  }

  void take(String queue, int max, int waitMs) {
    String name = process.name + "." + ++takes;
    world.tell(() -> name + " takes up to " + max + " from " + queue);
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue(queue)
            .setMax(max)
            .setWaitMs(waitMs)
            .setVisibilityTimeoutMs(VISIBILITY_MS)
            .build();
    SimulatedCall.<TakeReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.tasks.take(request, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(TakeReply reply) {
            int count = reply.getOffersList().stream().mapToInt(Offer::getIdsCount).sum();
            World.check(count <= max, () -> name + " took " + count + " of " + max);
            for (Offer offer : reply.getOffersList()) {
              for (int i = 0; i < offer.getIdsCount(); i++) {
                taken(ledger.offered(offer, i, name), offer.getIds(i), offer.getToken());
              }
            }
          }

          @Override
          public void end(@Nullable Throwable failure) {
            expectUnavailable("a take", failure);
          }
        });
  }

  private static void expectUnavailable(String what, @Nullable Throwable failure) {
    if (failure != null) {
      Status status = Status.fromThrowable(failure);
      World.check(
          status.getCode() == Status.Code.UNAVAILABLE, () -> what + " is refused: " + status);
    }
  }

  private void taken(LedgerEntry entry, long id, long token) {
    world.tell(() -> process.name + " has taken " + id + " under " + token);
    World.check(
        entry.options.getRequiresCount() == 0,
        () -> entry.name + " requires labels, and is handed to a consumer without any");
    if (world.fault(100)) {
      return; // It crashed: the visibility timeout must give the task to others.
    }
    long runMs = world.roll(world.fault(200) ? 2 * VISIBILITY_MS : 50);
    if (world.fault(150)) {
      extend(id, token);
      runMs += VISIBILITY_MS / 2;
    }
    world.after(runMs, process, () -> settle(entry, id, token));
  }

  private void extend(long id, long token) {
    ExtendRequest request =
        ExtendRequest.newBuilder()
            .addIds(id)
            .addTokens(token)
            .setVisibilityTimeoutMs(VISIBILITY_MS)
            .build();
    SimulatedCall.<ExtendReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.tasks.extend(request, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(ExtendReply reply) {}

          @Override
          public void end(@Nullable Throwable failure) {
            expectUnavailable("an extension", failure);
          }
        });
  }

  private void settle(LedgerEntry entry, long id, long token) {
    SettleRequest.Builder request = SettleRequest.newBuilder();
    if (world.percent(60)) {
      request.setRequest(RequestId.newBuilder().setSession(world.key()).setNumber(1));
    }
    Settlement.Builder settlement = request.getSettlementBuilder();
    boolean returned = world.fault(100);
    if (returned) {
      settlement.addReturnedIds(id).addReturnedTokens(token);
    } else {
      ledger.sent(entry, token);
      if (world.percent(85)) {
        settlement
            .addCompletedIds(id)
            .addCompletedTokens(token)
            .addResults(ByteString.copyFromUtf8(Ledger.result(entry.name, token)));
        workload.followUp(entry, token).ifPresent(settlement::addFollowUps);
      } else {
        settlement.addFailed(
            FailedAttempt.newBuilder()
                .setId(id)
                .setToken(token)
                .setFailure(
                    Failure.newBuilder()
                        .setKind("Boom")
                        .setRetryable(world.percent(70))
                        .setMessage(Ledger.failure(entry.name, token))));
      }
    }
    send(request.build(), entry, token);
  }

  private void send(SettleRequest request, LedgerEntry entry, long token) {
    SimulatedCall.<SettleReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.tasks.settle(request, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          private boolean answered;

          @Override
          public void next(SettleReply reply) {
            answered = true;
            Set<Long> refused = new HashSet<>();
            reply.getRefusedList().stream().map(RefusedAttempt::getToken).forEach(refused::add);
            // A refusal may be of a second sending, when the first was accepted: it says nothing.
            if (refused.isEmpty() && request.getSettlement().getCompletedIdsCount() > 0) {
              Ledger.accepted(entry, token);
            } else if (refused.isEmpty() && request.getSettlement().getFailedCount() > 0) {
              Failure failure = request.getSettlement().getFailed(0).getFailure();
              ledger.acceptedFailure(entry, token, failure.getRetryable());
            }
          }

          @Override
          public void end(@Nullable Throwable failure) {
            expectUnavailable("a settlement", failure);
            if (!answered) {
              world.after(world.between(10, 300), process, () -> send(request, entry, token));
            }
          }
        });
  }
}
