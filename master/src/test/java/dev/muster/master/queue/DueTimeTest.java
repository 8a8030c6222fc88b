package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.lease;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What waits for its time, and what waits too long. */
final class DueTimeTest extends OneQueue {
  @Test
  void shouldNotLeaseADelayedTaskBeforeItsTime() {
    long later = enqueue(EnqueueRequest.newBuilder().setDelayMs(5_000), 1).get(0);
    long earlier = enqueue(EnqueueRequest.newBuilder().setRunAtMs(rig.clockMs + 3_000), 1).get(0);
    long now = enqueue(EnqueueRequest.newBuilder().setRunAtMs(rig.clockMs - 3_000), 1).get(0);
    assertThat(queue().getDelayed()).isEqualTo(2);
    assertThat(take(9)).containsExactly(now);
    pass(3_000);
    assertThat(take(9)).containsExactly(earlier);
    pass(2_000);
    assertThat(take(9)).containsExactly(later);
  }

  @Test
  void shouldBringManyDelayedTasksInOrderOfTime() {
    for (int i = 0; i < 3_000; i++) {
      enqueue(EnqueueRequest.newBuilder().setDelayMs(10_000 - i), 1);
      if (i % 700 == 0) {
        rig.flush();
      }
    }
    pass(10_000);
    List<Long> expected = LongStream.rangeClosed(1, 3_000).map(i -> 3_001 - i).boxed().toList();
    assertThat(take(9_999)).isEqualTo(expected);
  }

  @Test
  void shouldExpireWhatWaitsTooLong() {
    long id = enqueueOne(TaskOptions.newBuilder().setTtlMs(1_000).build());
    long taken = enqueueOne(TaskOptions.newBuilder().setTtlMs(1_000).build());
    pass(999);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_READY);
    rig.apply(lease("q", 0, 1));
    pass(1);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(state(taken)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
    assertThat(task(taken).getCause()).contains("1000 ms");
    assertThat(rig.finished).contains(taken);
    complete(id);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }
}
