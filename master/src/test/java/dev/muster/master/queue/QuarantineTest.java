package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.close;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import org.junit.jupiter.api.Test;

/** What crashes, and is put aside. */
final class QuarantineTest extends OneQueue {
  @Test
  void shouldCountACrashWithItsCauseWhileItsWorkerLives() {
    set(QueueSettings.newBuilder().setQuarantineAfter(2));
    long id = enqueueOne();
    long session = openSession();
    for (int i = 1; i <= 2; i++) {
      rig.apply(lease("q", session, 1));
      rig.apply(settle(session, i, crashed(id, "exit code " + i)));
      assertThat(task(id).getCrashes()).isEqualTo(i);
      assertThat(task(id).getFailures()).isZero();
      Attempt attempt = task(id).getTimeline(i - 1);
      assertThat(attempt.getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_CRASHED);
      assertThat(attempt.getCause()).isEqualTo("exit code " + i);
    }
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    assertThat(task(id).getCause()).isEqualTo("it crashed 2 times, last: exit code 2");
    assertThat(queue().getCrashes()).isEqualTo(2);
    assertThat(rig.machine.sessions()).hasSize(1);
    Outcome late = rig.apply(settle(session, 3, crashed(id, "exit code 3")));
    assertThat(((Outcome.Settled) late).refused()).hasSize(1);
    assertThat(task(id).getCrashes()).isEqualTo(2);
  }

  private Settlement.Builder crashed(long id, String cause) {
    return Settlement.newBuilder()
        .addCrashed(
            CrashedAttempt.newBuilder()
                .setId(id)
                .setToken(task(id).getToken())
                .setCause(cause)
                .setRunUs(5));
  }

  @Test
  void shouldQuarantineATaskThatKillsItsWorkersAndRunItAgainWhenReleased() {
    long id = enqueueOne();
    for (int i = 0; i < 3; i++) {
      long session = openSession();
      rig.apply(lease("q", session, 1));
      rig.apply(close(session, true, id));
    }
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    assertThat(task(id).getCrashes()).isEqualTo(3);
    assertThat(queue().getQuarantined()).isEqualTo(1);
    assertThat(take(1)).isEmpty();
    TaskFilter.Builder aside = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_QUARANTINED);
    assertThat(bulk(Action.REPLAY, aside).count()).isEqualTo(1);
    assertThat(queue().getQuarantined()).isZero();
    assertThat(take(1)).containsExactly(id);
    assertThat(task(id).getTimelineList()).hasSize(4);
  }

  @Test
  void shouldNoteWhenAnAttemptStartedWhoseWorkerWasLost() {
    long id = enqueueOne();
    long session = openSession();
    rig.apply(lease("q", session, 1));
    rig.clockMs += 5_000;
    rig.apply(
        Command.newBuilder()
            .setCloseSession(
                CloseSession.newBuilder()
                    .setSession(session)
                    .setLost(true)
                    .addStartedIds(id)
                    .addStartedRunUs(3_000_000))
            .build());
    Attempt crashed = task(id).getTimeline(0);
    assertThat(crashed.getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_CRASHED);
    assertThat(crashed.getEndedMs() - crashed.getStartedMs()).isEqualTo(3_000);
    assertThat(crashed.getStartedMs() - crashed.getOfferedMs()).isEqualTo(2_000);
  }

  @Test
  void shouldDropWhatIsQuarantined() {
    set(QueueSettings.newBuilder().setQuarantineAfter(1));
    long id = enqueueOne();
    long session = openSession();
    rig.apply(lease("q", session, 1));
    rig.apply(close(session, true, id));
    TaskFilter.Builder aside = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_QUARANTINED);
    assertThat(bulk(Action.DROP, aside).count()).isEqualTo(1);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(queue().getCancelled()).isEqualTo(1);
  }
}
