package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Overrun;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskState;
import org.junit.jupiter.api.Test;

/** Attempts that fail, and those that come after them. */
final class RetryTest extends OneQueue {
  @Test
  void shouldTryAgainAfterTheBackOffUntilTheAttemptsAreUsedUp() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
    assertThat(task(id).getDueMs() - rig.clockMs).isBetween(500L, 1_000L);
    pass(499);
    assertThat(take(1)).isEmpty();
    pass(501);
    assertThat(take(1)).containsExactly(id);
    fail(id, true);
    assertThat(task(id).getDueMs() - rig.clockMs).isBetween(1_000L, 2_000L);
    pass(2_000);
    assertThat(take(1)).containsExactly(id);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(task(id).getFailures()).isEqualTo(3);
    assertThat(task(id).getTimelineList())
        .extracting(attempt -> attempt.getEnd())
        .containsOnly(AttemptEnd.ATTEMPT_END_FAILED)
        .hasSize(3);
    assertThat(task(id).getTimeline(0).getCause()).isEqualTo("Boom: no luck");
    assertThat(queue().getRetries()).isEqualTo(2);
  }

  @Test
  void shouldNotTryAgainWhatCannotBeHelped() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    fail(id, false);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
  }

  @Test
  void shouldUseTheQueuesRetriesWhenTheTaskHasNone() {
    set(QueueSettings.newBuilder().setRetry(RetryPolicy.newBuilder().setMaxAttempts(2)));
    long id = enqueueOne();
    take(1);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
  }

  @Test
  void shouldWaitAsLongAsTheHandlerAsksFor() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    rig.apply(
        settle(
            Settlement.newBuilder()
                .addFailed(
                    FailedAttempt.newBuilder()
                        .setId(id)
                        .setToken(task(id).getToken())
                        .setRetryAfterMs(90_000)
                        .setFailure(Failure.newBuilder().setRetryable(true)))));
    assertThat(task(id).getDueMs()).isEqualTo(rig.clockMs + 90_000);
  }

  @Test
  void shouldCountAnOverrunAsAFailureAndTellTheWorker() {
    long id = enqueueOne(THREE_ATTEMPTS);
    long session = openSession();
    rig.apply(lease("q", session, 1));
    rig.apply(
        Command.newBuilder()
            .setOverrun(
                Overrun.newBuilder()
                    .addIds(id)
                    .addTokens(rig.index())
                    .addCauses("it ran longer than 5 ms"))
            .build());
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
    assertThat(task(id).getFailures()).isEqualTo(1);
    assertThat(rig.lost).containsExactly(id);
    assertThat(task(id).getTimeline(0).getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_OVERRAN);
  }
}
