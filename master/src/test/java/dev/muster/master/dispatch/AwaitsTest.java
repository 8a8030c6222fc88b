package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class AwaitsTest {
  private final LeaderRig rig = new LeaderRig();
  private final List<TaskResult> results = new ArrayList<>();
  private long token;

  @BeforeEach
  void leaseTwoTasks() {
    EnqueueRequest.Builder two =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .addPayloads(ByteString.EMPTY)
            .addPayloads(ByteString.EMPTY);
    rig.propose(Command.newBuilder().setEnqueue(two).build());
    Lease.Builder lease = Lease.newBuilder().setQueue("q").setMax(2).setVisibilityTimeoutMs(1_000);
    Outcome.Leased leased =
        (Outcome.Leased)
            Objects.requireNonNull(rig.propose(Command.newBuilder().setLease(lease).build()));
    token = leased.offers().get(0).getToken();
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private void complete(long id) {
    Settlement.Builder settlement =
        Settlement.newBuilder()
            .addCompletedIds(id)
            .addCompletedTokens(token)
            .addResults(ByteString.copyFromUtf8("r" + id));
    rig.propose(
        Command.newBuilder().setSettle(Settle.newBuilder().setSettlement(settlement)).build());
  }

  @Test
  void shouldDeliverAtOnceWhenTheTaskIsFinished() {
    complete(1);
    Awaits.Waiter waiter = rig.awaits.register(List.of(1L), results::add);
    assertThat(results).extracting(r -> r.getResult().toStringUtf8()).containsExactly("r1");
    assertThat(waiter.isDone()).isTrue();
  }

  @Test
  void shouldDeliverInOrderOfCompletionWhenTasksFinishLater() {
    Awaits.Waiter waiter = rig.awaits.register(List.of(1L, 2L), results::add);
    assertThat(results).isEmpty();
    complete(2);
    assertThat(waiter.isDone()).isFalse();
    complete(1);
    assertThat(results).extracting(TaskResult::getId).containsExactly(2L, 1L);
    assertThat(waiter.isDone()).isTrue();
  }

  @Test
  void shouldSayUnknownWhenTheTaskNeverWas() {
    rig.awaits.register(List.of(99L), results::add);
    assertThat(results)
        .containsExactly(TaskResult.newBuilder().setId(99).build())
        .extracting(TaskResult::getState)
        .containsExactly(TaskState.TASK_STATE_UNKNOWN);
  }

  @Test
  void shouldDeliverNothingMoreWhenCancelled() {
    rig.awaits.cancel(rig.awaits.register(List.of(1L, 2L), results::add));
    complete(1);
    assertThat(results).isEmpty();
  }

  @Test
  void shouldTellEveryoneOnceWhenSeveralWait() {
    List<TaskResult> others = new ArrayList<>();
    rig.awaits.register(List.of(1L), results::add);
    rig.awaits.register(List.of(1L), others::add);
    complete(1);
    complete(2);
    assertThat(results).hasSize(1).isEqualTo(others);
  }
}
