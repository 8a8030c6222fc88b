package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.close;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tasks are called off, wherever they stand. */
final class CancellingTest extends OneQueue {
  @Test
  void shouldCancelWaitingTasksWhereverTheyStand() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 6);
    long delayed = enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 1).get(0);
    assertThat(cancel(false, ids.get(0), ids.get(3), delayed, 999L))
        .isEqualTo(new Outcome.Cancelled(3, 0, 1, false));
    assertThat(task(ids.get(3)).getCause()).isEqualTo("cancelled: not needed");
    assertThat(take(9)).containsExactly(ids.get(1), ids.get(2), ids.get(4), ids.get(5));
    pass(5_000);
    assertThat(queue().getCancelled()).isEqualTo(3);
    assertThat(queue().getDelayed()).isZero();
  }

  @Test
  void shouldCancelSpilledAndFlushedTasks() {
    enqueue(EnqueueRequest.newBuilder(), 12_000);
    rig.flush();
    assertThat(cancel(false, 1L, 5_000L, 11_999L).cancelled()).isEqualTo(3);
    rig.flush();
    assertThat(take(20_000)).hasSize(11_997).doesNotContain(1L, 5_000L, 11_999L);
  }

  @Test
  void shouldAskTheWorkerOfARunningTaskToStopAndLetASuccessThatComesFirstWin() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    long session = openSession();
    rig.apply(lease("q", session, 3));
    long token = rig.index();
    assertThat(cancel(false, ids.get(0), ids.get(1), ids.get(2)))
        .isEqualTo(new Outcome.Cancelled(0, 3, 0, false));
    assertThat(rig.stopped).containsExactlyElementsOf(ids);
    rig.apply(
        settle(
            session,
            1,
            completed(ids.get(0), token, "done")
                .addCancelledIds(ids.get(1))
                .addCancelledTokens(token)));
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task(ids.get(2)).getCancelling()).isTrue();
    rig.apply(close(session, true, ids.get(2)));
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldFenceAConsumerWithoutASessionWhenItsTaskIsCancelled() {
    long id = enqueueOne();
    take(1);
    long token = task(id).getToken();
    assertThat(cancel(false, id).cancelled()).isEqualTo(1);
    Outcome.Settled settled = (Outcome.Settled) rig.apply(settle(completed(id, token, "late")));
    assertThat(settled.refused()).hasSize(1);
  }

  @Test
  void shouldCancelASubtree() {
    long id =
        enqueueOne(
            TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).build());
    long child = enqueue(EnqueueRequest.newBuilder().setParentId(id), 1).get(0);
    long grandchild = enqueue(EnqueueRequest.newBuilder().setParentId(child), 1).get(0);
    long after =
        enqueue(
                EnqueueRequest.newBuilder()
                    .addAfterIds(grandchild)
                    .setOnFailure(OnFailure.ON_FAILURE_RUN),
                1)
            .get(0);
    assertThat(take(1)).containsExactly(id);
    complete(id);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    rig.flush();
    assertThat(cancel(true, id)).isEqualTo(new Outcome.Cancelled(3, 0, 1, false));
    for (long below : new long[] {child, grandchild, after}) {
      assertThat(state(below)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    }
  }

  private static Command cancel(long number, Long... ids) {
    return Command.newBuilder()
        .setCancel(
            Cancel.newBuilder().addAllIds(List.of(ids)).setRequest(Commands.number(number, number)))
        .build();
  }

  @Test
  void shouldAnswerACancelThatIsSentAgainAsTheFirstTime() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 2);
    Outcome first = rig.apply(cancel(1, ids.get(0), 99L));
    assertThat(first).isEqualTo(new Outcome.Cancelled(1, 0, 1, false));
    assertThat(rig.apply(cancel(1, ids.get(0), 99L))).isEqualTo(first);
    rig.flush();
    rig.crash();
    assertThat(rig.apply(cancel(1, ids.get(0), 99L))).isEqualTo(first);
    assertThat(rig.apply(cancel(2, ids.get(0)))).isEqualTo(new Outcome.Cancelled(0, 0, 1, false));
    Outcome.Refused late = (Outcome.Refused) rig.apply(cancel(1, ids.get(1)));
    assertThat(late.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_FORGOTTEN_REQUEST);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_READY);
  }
}
