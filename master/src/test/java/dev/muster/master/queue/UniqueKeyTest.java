package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who holds a unique key, and for how long. */
final class UniqueKeyTest extends OneQueue {
  @Test
  void shouldGiveTheIdOfTheTaskThatHoldsAUniqueKey() {
    EnqueueRequest.Builder keys = EnqueueRequest.newBuilder().addUniqueKeys("a").addUniqueKeys("b");
    List<Long> first = enqueue(keys.clone(), 2);
    List<Long> second =
        enqueue(
            EnqueueRequest.newBuilder().addUniqueKeys("c").addUniqueKeys("a").addUniqueKeys(""), 3);
    assertThat(second.get(1)).isEqualTo(first.get(0));
    assertThat(queue().getEnqueued()).isEqualTo(4);
    take(9);
    complete(first.get(0));
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0))
        .isGreaterThan(second.get(2));
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("b"), 1))
        .isEqualTo(first.subList(1, 2));
  }

  @Test
  void shouldHoldAUniqueKeyForItsTimeWhetherTheTaskHasEndedOrNot() {
    EnqueueRequest.Builder key =
        EnqueueRequest.newBuilder().addUniqueKeys("a").setUniqueForMs(10_000);
    long id = enqueue(key.clone(), 1).get(0);
    take(1);
    complete(id);
    assertThat(enqueue(key.clone(), 1)).containsExactly(id);
    rig.flush();
    pass(10_000);
    assertThat(enqueue(key.clone(), 1).get(0)).isGreaterThan(id);
  }

  private long replayFailed(long id) {
    TaskFilter.Builder filter =
        TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED).addIds(id);
    return bulk(Action.REPLAY, filter).count();
  }

  @Test
  void shouldNotPutATaskBackWhileAnotherHasItsUniqueKey() {
    long first = enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0);
    take(1);
    fail(first, false);
    long second = enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0);
    assertThat(replayFailed(first)).isZero();
    assertThat(state(first)).isEqualTo(TaskState.TASK_STATE_FAILED);
    take(1);
    complete(second);
    assertThat(replayFailed(first)).isEqualTo(1);
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1)).containsExactly(first);
  }

  @Test
  void shouldKeepTheUniqueKeyOfATaskThatWasPutBackWhenItsTimeWasOver() {
    EnqueueRequest.Builder key = EnqueueRequest.newBuilder().addUniqueKeys("a");
    long id = enqueue(key.clone().setUniqueForMs(10_000), 1).get(0);
    take(1);
    fail(id, false);
    rig.clockMs += 10_000;
    assertThat(replayFailed(id)).isEqualTo(1);
    advance();
    assertThat(enqueue(key.clone(), 1)).containsExactly(id);
  }
}
