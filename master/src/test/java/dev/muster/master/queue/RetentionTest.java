package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long what has ended is remembered. */
final class RetentionTest extends OneQueue {
  @Test
  void shouldForgetAllThatIsTooMuchStepByStep() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3_500);
    take(3_500);
    ids.forEach(this::complete);
    set(QueueSettings.newBuilder().setRetainedMax(10));
    pass(0);
    assertThat(queue().getRetained()).isEqualTo(10);
    assertThat(state(ids.get(3_490))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldForgetFinishedTasksByAge() {
    set(QueueSettings.newBuilder().setRetainedMs(5_000).setDeadMs(20_000));
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    take(3);
    complete(ids.get(0));
    fail(ids.get(1), false);
    pass(3_000);
    complete(ids.get(2));
    pass(2_000);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    pass(3_000);
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_FAILED);
    pass(20_000);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(rig.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldForgetTheOldestResultsWhenTheyHoldTooManyBytes() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 10);
    take(10);
    ids.forEach(this::complete);
    long each = queue().getKeptBytes() / 10;
    set(QueueSettings.newBuilder().setRetainedBytes(4 * each + each / 2));
    pass(0);
    assertThat(queue().getRetained()).isEqualTo(4);
    assertThat(state(ids.get(5))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(6))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldRememberTheLastPlainSuccesses() {
    set(QueueSettings.newBuilder().setHistoryMax(20));
    List<Long> ids =
        enqueue(
            EnqueueRequest.newBuilder()
                .setOptions(
                    TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)),
            50);
    take(50);
    ids.forEach(this::complete);
    assertThat(state(ids.get(29))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(task(ids.get(30)).getFromHistory()).isTrue();
    assertThat(task(ids.get(49)).getTimeline(0).getEnd())
        .isEqualTo(AttemptEnd.ATTEMPT_END_SUCCEEDED);
  }
}
