package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.store.StoreException;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.VerifyReply;
import dev.muster.proto.v1.VerifyRequest;
import io.grpc.Status;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who asks for a count of everything gets an answer, whatever state the store is in. */
@Timeout(60)
final class VerifyCallTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private FakeCaller<VerifyReply> verify(Supplier<VerifyReply> verification, Executor background) {
    FakeCaller<VerifyReply> caller = new FakeCaller<>();
    new QueuesService(
            rig.proposer,
            rig.applier,
            rig.sessions,
            rig.events,
            verification,
            Runnable::run,
            background)
        .verify(VerifyRequest.getDefaultInstance(), caller);
    return caller;
  }

  @Test
  void shouldAnswerWhenTheStoreIsDamaged() {
    FakeCaller<VerifyReply> caller =
        verify(
            () -> {
              throw new StoreException("the state cannot be read: checksum", new Throwable());
            },
            Runnable::run);
    assertThat(caller.completed).isFalse();
    Throwable error = Objects.requireNonNull(caller.error);
    assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.DATA_LOSS);
    assertThat(error).hasMessageContaining("the state cannot be read: checksum");
  }

  @Test
  void shouldAnswerWhenTheMasterStops() {
    FakeCaller<VerifyReply> caller =
        verify(
            VerifyReply::getDefaultInstance,
            task -> {
              throw new RejectedExecutionException("stopped");
            });
    assertThat(caller.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNAVAILABLE);
  }
}
