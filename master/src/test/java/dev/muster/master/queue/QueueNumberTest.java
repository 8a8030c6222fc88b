package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.UniqueScope;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A queue's number is its own for ever: tasks, lanes and lines are found by it. */
final class QueueNumberTest {
  private final MemoryStateStore store = new MemoryStateStore();

  private static EnqueueRequest.Builder onceOnThisMaster(String queue) {
    return request(queue, KEEP, ByteString.EMPTY)
        .addUniqueKeys("k")
        .setUniqueScope(UniqueScope.UNIQUE_SCOPE_MASTER);
  }

  private Map<String, Integer> numbers() {
    Map<String, Integer> numbers = new TreeMap<>();
    store.queues(queue -> numbers.put(queue.getName(), queue.getNumber()));
    return numbers;
  }

  @Test
  void shouldNotGiveANumberTwiceWhenAFollowUpOnlyNamedItsQueue() {
    MachineRig rig = new MachineRig(store);
    rig.apply(enqueue("q", 1));
    rig.apply(enqueue(onceOnThisMaster("other")));
    rig.apply(lease("q", 0, 1));
    rig.apply(
        settle(
            completed(1, rig.index(), "")
                .addFollowUps(FollowUp.newBuilder().setId(1).setTasks(onceOnThisMaster("named")))));
    rig.apply(enqueue("before", 1));
    rig.flush();
    rig.crash();
    rig.apply(enqueue("after", 1));
    rig.flush();
    assertThat(numbers()).containsKeys("q", "other", "named", "before", "after");
    assertThat(numbers().values()).doesNotHaveDuplicates();
  }

  @Test
  void shouldCountOnFromTheHighestNumberAndNotFromHowManyThereAre() {
    try (StateStore.Batch batch = store.newBatch()) {
      batch.putQueue(QueueRecord.newBuilder().setNumber(1).setName("first").build());
      batch.putQueue(QueueRecord.newBuilder().setNumber(3).setName("third").build());
      batch.commit();
    }
    MachineRig rig = new MachineRig(store);
    rig.apply(enqueue("next", 1));
    rig.apply(enqueue("last", 1));
    rig.flush();
    assertThat(numbers()).containsEntry("next", 4).containsEntry("last", 5);
  }
}
