package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.Settlement;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** In one settlement of many tasks each follow-up goes with its own task, and only with it. */
final class FollowUpsOfManyTest {
  private final MachineRig rig = new MachineRig();

  private static FollowUp followUp(long parent) {
    return FollowUp.newBuilder()
        .setId(parent)
        .setTasks(request("next", KEEP, ByteString.copyFromUtf8("after " + parent)))
        .build();
  }

  private long enqueuedNext() {
    return Objects.requireNonNull(rig.machine.queue("next")).getEnqueued();
  }

  @Test
  void shouldEnqueueThoseOfTheTasksThatAreCompletedAndNoOthers() {
    // Given tasks that are completed, one of them by an older attempt, one not at all.
    rig.apply(enqueue("q", 60));
    rig.apply(lease("q", 0, 59));
    Settlement.Builder settlement = Settlement.newBuilder();
    for (long id = 1; id <= 50; id++) {
      settlement.addCompletedIds(id).addCompletedTokens(id == 7 ? 1 : rig.index());
    }
    // When follow-ups of these, of a task that runs on and of one that waits come in any order.
    for (long id = 60; id >= 1; id -= 2) {
      settlement.addFollowUps(followUp(id));
    }
    settlement.addFollowUps(followUp(7)).addFollowUps(followUp(9)).addFollowUps(followUp(9));
    rig.apply(settle(settlement));
    // Then those of completed tasks are there, each as often as it was asked for.
    assertThat(enqueuedNext()).isEqualTo(25 + 2);
    rig.crash();
    assertThat(rig.machine.task(61, false).getParentId()).isEqualTo(50);
  }

  @Test
  void shouldEnqueueThoseOfTheAttemptThatIsAcceptedWhenTwoEndAtOnce() {
    rig.apply(enqueue("q", 2));
    rig.apply(lease("q", 0, 2));
    long token = rig.index();
    Settlement.Builder both = Settlement.newBuilder();
    for (long id = 1; id <= 2; id++) {
      both.addCompletedIds(id).addCompletedTokens(token - 1);
      both.addCompletedIds(id).addCompletedTokens(token);
    }
    both.addFollowUps(followUp(1).toBuilder().setToken(token))
        .addFollowUps(followUp(1).toBuilder().setToken(token - 1))
        .addFollowUps(followUp(2)); // It does not say whose it is.
    rig.apply(settle(both));
    assertThat(enqueuedNext()).isEqualTo(2);
  }
}
