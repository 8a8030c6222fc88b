package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.Family;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A task that has ended may change while it is kept; when it goes, nothing of it stays. */
final class KeptTaskTest {
  private static final long LONGER_THAN_ANYTHING_IS_KEPT_MS = 400L * 24 * 3_600_000;

  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(store);

  @AfterEach
  void shouldLeaveNothingBehind() {
    rig.clockMs += LONGER_THAN_ANYTHING_IS_KEPT_MS;
    for (int i = 0; i < 5; i++) {
      rig.apply(Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build());
    }
    QueueInfo queue = queue();
    assertThat(queue.getRetained() + queue.getEnded() + queue.getDead()).isZero();
    assertThat(queue.getKeptBytes()).isZero();
    rig.flush();
    assertThat(keys(Family.CHILDREN)).isEmpty();
    assertThat(keys(Family.INPUTS)).isEmpty();
    assertThat(Recount.of(store).getDriftList()).isEmpty();
    rig.crash();
    assertThat(queue()).isEqualTo(queue);
  }

  private List<ByteString> keys(Family family) {
    List<ByteString> keys = new ArrayList<>();
    store.scan(family, ByteString.EMPTY, (key, value) -> keys.add(key));
    return keys;
  }

  private QueueInfo queue() {
    return Objects.requireNonNull(rig.machine.queue("q"));
  }

  private TaskState state(long id) {
    return rig.machine.task(id, false).getState();
  }

  private long put() {
    return ((Outcome.Enqueued) rig.apply(enqueue("q", 1))).firstId();
  }

  private long putAfter(long first) {
    return ((Outcome.Enqueued)
            rig.apply(
                enqueue(
                    request("q", KEEP, ByteString.EMPTY)
                        .addAfterIds(first)
                        .setOnFailure(OnFailure.ON_FAILURE_RUN))))
        .firstId();
  }

  private void putChild(long parent) {
    rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).setParentId(parent)));
  }

  private void runNext() {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", 0, 1));
    rig.apply(settle(completed(leased.offers().get(0).getIds(0), rig.index(), "done")));
  }

  private void cancel(long id) {
    rig.apply(Command.newBuilder().setCancel(Cancel.newBuilder().addIds(id)).build());
  }

  @Test
  void shouldForgetTheChildrenOfATaskThatGotThemWhileItWasWritten() {
    long parent = put();
    runNext();
    rig.roll();
    putChild(parent);
    runNext();
    rig.flush();
    assertThat(keys(Family.CHILDREN)).hasSize(1);
  }

  @Test
  void shouldForgetTheChildrenOfATaskThatGotThemWhenItWasStored() {
    long parent = put();
    runNext();
    rig.flush();
    putChild(parent);
    runNext();
    rig.flush();
    assertThat(keys(Family.CHILDREN)).hasSize(1);
  }

  @Test
  void shouldCountNoMoreBytesThanWhatIsKept() {
    long first = put();
    long after = putAfter(first);
    cancel(after);
    runNext();
    assertThat(state(after)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldNotWaitAgainForWhatEndedWhileItWasKept() {
    long first = put();
    long after = putAfter(first);
    rig.flush();
    cancel(after);
    rig.roll();
    runNext();
    rig.flush();
    TaskFilter filter =
        TaskFilter.newBuilder().setQueue("q").setState(TaskState.TASK_STATE_CANCELLED).build();
    rig.apply(
        Command.newBuilder()
            .setBulk(Bulk.newBuilder().setAction(Bulk.Action.REPLAY).setFilter(filter))
            .build());
    assertThat(state(after)).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(Objects.requireNonNull(rig.machine.inspect().inputs(after, 0)).results()).hasSize(1);
    runNext();
  }
}
