package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many tasks at once, step by step. */
final class BulkTest extends OneQueue {
  @Test
  void shouldReplayDeadLettersThatMatch() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 5);
    take(5);
    ids.forEach(id -> fail(id, false));
    TaskFilter.Builder two =
        TaskFilter.newBuilder()
            .setState(TaskState.TASK_STATE_FAILED)
            .addIds(ids.get(1))
            .addIds(ids.get(3));
    assertThat(bulk(Action.REPLAY, two).count()).isEqualTo(2);
    assertThat(take(9)).containsExactly(ids.get(1), ids.get(3));
    TaskFilter.Builder others =
        TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED).setFailureKind("Bo");
    assertThat(bulk(Action.REPLAY, others.clone().setFailureKind("Other")).count()).isZero();
    assertThat(bulk(Action.REPLAY, others).count()).isEqualTo(3);
    assertThat(queue().getFailed()).isZero();
    assertThat(queue().getDead()).isZero();
  }

  @Test
  void shouldGoOnWhereABulkStepStopped() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 2_500);
    take(2_500);
    ids.forEach(id -> fail(id, false));
    rig.flush();
    TaskFilter.Builder all = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED);
    long count = 0;
    ByteString cursor = ByteString.EMPTY;
    do {
      Outcome.Bulked bulked =
          (Outcome.Bulked)
              rig.apply(
                  Command.newBuilder()
                      .setBulk(
                          dev.muster.master.log.v1.Bulk.newBuilder()
                              .setAction(Action.DROP)
                              .setCursor(cursor)
                              .setFilter(all.setQueue("q")))
                      .build());
      count += bulked.count();
      cursor = bulked.cursor();
    } while (!cursor.isEmpty());
    assertThat(count).isEqualTo(2_500);
    assertThat(queue().getDead()).isZero();
    assertThat(queue().getFailed()).isEqualTo(2_500);
  }

  @Test
  void shouldPurgeWhatWaits() {
    enqueue(EnqueueRequest.newBuilder(), 20);
    enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 5);
    bulk(Action.DROP, TaskFilter.newBuilder().setState(TaskState.TASK_STATE_READY));
    bulk(Action.DROP, TaskFilter.newBuilder().setState(TaskState.TASK_STATE_DELAYED));
    assertThat(take(9)).isEmpty();
    assertThat(queue().getCancelled()).isEqualTo(25);
    assertThat(queue().getEnded()).isZero();
  }

  private Outcome.Bulked dropReady(ByteString cursor) {
    return (Outcome.Bulked)
        rig.apply(
            Command.newBuilder()
                .setBulk(
                    dev.muster.master.log.v1.Bulk.newBuilder()
                        .setAction(Action.DROP)
                        .setFilter(
                            TaskFilter.newBuilder()
                                .setQueue("q")
                                .setState(TaskState.TASK_STATE_READY))
                        .setCursor(cursor)
                        .setRequest(Commands.number(1, 1)))
                .build());
  }

  @Test
  void shouldGoOnWhereABulkRequestCameToWhenItIsSentAgain() {
    enqueue(EnqueueRequest.newBuilder(), 1_500);
    Outcome.Bulked first = dropReady(ByteString.EMPTY);
    assertThat(first.count()).isEqualTo(1_000);
    rig.flush();
    rig.crash();
    Outcome.Bulked again = dropReady(ByteString.EMPTY);
    assertThat(again).isEqualTo(first);
    assertThat(dropReady(again.cursor())).isEqualTo(new Outcome.Bulked(1_500, ByteString.EMPTY));
    enqueue(EnqueueRequest.newBuilder(), 1);
    assertThat(dropReady(ByteString.EMPTY)).isEqualTo(new Outcome.Bulked(1_500, ByteString.EMPTY));
    assertThat(queue().getReady()).isEqualTo(1);
  }
}
