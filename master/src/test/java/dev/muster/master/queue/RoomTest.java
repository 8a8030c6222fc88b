package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Queues that are full, or take nothing more. */
final class RoomTest extends OneQueue {
  @Test
  void shouldDropTheOldestWhenAFullQueueSaysSo() {
    set(QueueSettings.newBuilder().setMaxLength(3).setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    List<Long> more = enqueue(EnqueueRequest.newBuilder(), 2);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(take(9)).containsExactly(ids.get(2), more.get(0), more.get(1));
  }

  @Test
  void shouldDropNothingWhenThatWouldNotMakeRoom() {
    set(QueueSettings.newBuilder().setMaxLength(3).setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
    enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 2);
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 1);
    Outcome outcome = rig.apply(Commands.enqueue("q", TaskOptions.getDefaultInstance(), 2));
    assertThat(((Outcome.Refused) outcome).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldNeedNoRoomInAFullQueueForWhatIsThereAlready() {
    set(QueueSettings.newBuilder().setMaxLength(2));
    EnqueueRequest.Builder keys = EnqueueRequest.newBuilder().addUniqueKeys("a").addUniqueKeys("b");
    List<Long> ids = enqueue(keys.clone(), 2);
    assertThat(enqueue(keys.clone(), 2)).isEqualTo(ids);
    Outcome outcome =
        rig.apply(
            Command.newBuilder()
                .setEnqueue(
                    EnqueueRequest.newBuilder()
                        .setQueue("q")
                        .addUniqueKeys("a")
                        .addUniqueKeys("c")
                        .addPayloads(ByteString.EMPTY)
                        .addPayloads(ByteString.EMPTY))
                .build());
    assertThat(((Outcome.Refused) outcome).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
  }

  @Test
  void shouldTakeNothingMoreWhileItIsDrained() {
    set(QueueSettings.newBuilder().setDraining(true));
    Outcome.Refused refused =
        (Outcome.Refused) rig.apply(Commands.enqueue("q", TaskOptions.getDefaultInstance(), 1));
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_DRAINING);
  }
}
