package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.VerifyReply;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is in the store is counted again, and every drift is told. */
final class RecountTest {
  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(store);

  @BeforeEach
  void work() {
    rig.apply(enqueue("q", 50));
    rig.apply(
        Command.newBuilder()
            .setEnqueue(
                EnqueueRequest.newBuilder()
                    .setQueue("q")
                    .addGroups("g")
                    .addPayloads(ByteString.EMPTY))
            .build());
    rig.apply(lease("q", 0, 10));
    rig.apply(settle(completed(1, rig.index(), "r")));
    rig.flush();
  }

  private void tamper(Consumer<StateStore.Batch> changes) {
    try (StateStore.Batch batch = store.newBatch()) {
      changes.accept(batch);
      batch.commit();
    }
  }

  @Test
  void shouldFindNothingWhereEverythingAddsUp() {
    VerifyReply reply = Recount.of(store);
    assertThat(reply.getDriftList()).isEmpty();
    assertThat(reply.getTasks()).isEqualTo(51);
    assertThat(reply.getQueues()).isEqualTo(1);
    assertThat(reply.getAppliedIndex()).isEqualTo(rig.index());
  }

  @Test
  void shouldTellWhenATaskIsMissing() {
    tamper(batch -> batch.deleteTask(20));
    assertThat(Recount.of(store).getDriftList())
        .contains("place 20 of queue q, READY (line 9) names a task that has no record");
  }

  @Test
  void shouldTellWhenAPlaceIsMissing() {
    tamper(batch -> batch.deletePlace(new LaneKey(LaneKey.Kind.READY, 1, 9), 20));
    assertThat(Recount.of(store).getDriftList())
        .contains(
            "51 tasks have a record, and 50 have a place",
            "queue q, READY (line 9) counts 40 tasks, and 39 are there");
  }

  @Test
  void shouldTellWhenACounterIsWrong() {
    List<QueueRecord> queues = new ArrayList<>();
    store.queues(queues::add);
    tamper(batch -> batch.putQueue(queues.get(0).toBuilder().setSucceeded(7).build()));
    assertThat(Recount.of(store).getDriftList())
        .containsExactly("queue q: 51 were enqueued, and the states add up to 57");
  }
}
