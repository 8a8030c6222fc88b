package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.failed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sweep over all tasks of a queue comes to an end, whatever is added or fails meanwhile. */
final class BulkEndTest {
  private final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldSurviveARestart() {
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
  }

  private Outcome.Bulked step(Action action, TaskState state, ByteString cursor) {
    Bulk bulk =
        Bulk.newBuilder()
            .setAction(action)
            .setFilter(TaskFilter.newBuilder().setQueue("q").setState(state))
            .setCursor(cursor)
            .build();
    return (Outcome.Bulked) rig.apply(Command.newBuilder().setBulk(bulk).build());
  }

  private QueueInfo queue() {
    return Objects.requireNonNull(rig.machine.queue("q"));
  }

  /** All that waits is taken, and fails for good. */
  private void failAll() {
    while (queue().getReady() > 0) {
      Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", 0, 10_000));
      Settlement.Builder failures = Settlement.newBuilder();
      for (Offer offer : leased.offers()) {
        for (long id : offer.getIdsList()) {
          failures.addFailed(failed(id, offer.getToken()).getFailed(0));
        }
      }
      rig.apply(settle(failures));
    }
  }

  @Test
  void shouldReplayOnceWhatFailsAgainMeanwhile() {
    rig.apply(enqueue("q", 1_500));
    failAll();
    Outcome.Bulked first = step(Action.REPLAY, TaskState.TASK_STATE_FAILED, ByteString.EMPTY);
    assertThat(first.count()).isEqualTo(1_000);
    failAll();
    rig.flush();
    Outcome.Bulked second = step(Action.REPLAY, TaskState.TASK_STATE_FAILED, first.cursor());
    assertThat(second.count()).isEqualTo(500);
    assertThat(second.cursor()).isEmpty();
    assertThat(queue().getDead()).isEqualTo(1_000);
  }

  @Test
  void shouldNotPurgeWhatIsAddedMeanwhile() {
    rig.apply(enqueue("q", 1_500));
    Outcome.Bulked first = step(Action.CANCEL, TaskState.TASK_STATE_READY, ByteString.EMPTY);
    rig.apply(enqueue("q", 700));
    rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).addGroups("new")));
    Outcome.Bulked second = step(Action.CANCEL, TaskState.TASK_STATE_READY, first.cursor());
    assertThat(first.count() + second.count()).isEqualTo(1_500);
    assertThat(second.cursor()).isEmpty();
    assertThat(queue().getReady()).isEqualTo(701);
  }

  @Test
  void shouldGoOnFromACursorOfAnOlderMaster() {
    rig.apply(enqueue("q", 1_500));
    Outcome.Bulked first = step(Action.CANCEL, TaskState.TASK_STATE_READY, ByteString.EMPTY);
    ByteString older = first.cursor().substring(0, 16);
    assertThat(step(Action.CANCEL, TaskState.TASK_STATE_READY, older).count()).isEqualTo(500);
  }
}
