package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.DROP;
import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A task after one of which nobody knows what it came to. */
final class AfterUnknownTest {
  private final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldAddUpAndSurviveARestart() {
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
    rig.flush();
    rig.crash();
    assertThat(rig.machine.unconserved()).isEmpty();
  }

  private static EnqueueRequest.Builder after(long first, OnFailure onFailure) {
    return request("q", KEEP, ByteString.EMPTY).addAfterIds(first).setOnFailure(onFailure);
  }

  /** A task completes, and enqueues this with it. */
  private TaskInfo followUp(EnqueueRequest.Builder tasks) {
    long parent = ((Outcome.Enqueued) rig.apply(enqueue("q", DROP, 1))).firstId();
    rig.apply(lease("q", 0, 1));
    rig.apply(
        settle(
            completed(parent, rig.index(), "")
                .addFollowUps(FollowUp.newBuilder().setId(parent).setTasks(tasks))));
    return rig.machine.task(parent + 1, false);
  }

  @Test
  void shouldRefuseATaskAfterAnUnknownOne() {
    Outcome refused = rig.apply(enqueue(after(99, OnFailure.ON_FAILURE_RUN)));
    assertThat(((Outcome.Refused) refused).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
  }

  @Test
  void shouldCancelAFollowUpAfterAnUnknownOne() {
    TaskInfo task = followUp(after(99, OnFailure.ON_FAILURE_CANCEL));
    assertThat(task.getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task.getCause())
        .isEqualTo("task 99, which is to come first, never was or is forgotten");
  }

  @Test
  void shouldRunAFollowUpAfterAnUnknownOneThatRunsWhateverTheOthersCameTo() {
    TaskInfo task = followUp(after(99, OnFailure.ON_FAILURE_RUN));
    assertThat(task.getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }
}
