package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However large a subtree is: one entry calls a bounded part of it off, and the next go on. */
final class CancelSubtreeTest extends OneQueue {
  private static final int MANY = 50_000;

  @AfterEach
  void shouldAddUpInTheStore() {
    rig.flush();
    assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
  }

  private List<Long> childrenOf(long parent, int count) {
    return enqueue(EnqueueRequest.newBuilder().setParentId(parent), count);
  }

  private long cancelled() {
    return queue().getCancelled();
  }

  @Test
  void shouldCallOffManyChildrenInSteps() {
    long parent = enqueueOne();
    childrenOf(parent, MANY);
    Outcome.Cancelled first = cancel(true, parent);
    assertThat(first.goesOn()).isTrue();
    assertThat(first.cancelled()).isBetween(2L, MachineState.SPARE + 1L);
    assertThat(cancelled()).isEqualTo(first.cancelled());
    assertThat(rig.machine.nextDueMs()).isLessThanOrEqualTo(rig.clockMs);

    int steps = 1;
    for (boolean more = true; more; steps++) {
      if (steps == 3 || steps == 9) {
        rig.crash();
      } else if (steps == 5) {
        rig.roll();
      } else if (steps == 7) {
        rig.flush();
        assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
      }
      long before = cancelled();
      more = advance();
      assertThat(cancelled() - before).isLessThanOrEqualTo(MachineState.SPARE);
    }
    assertThat(cancelled()).isEqualTo(MANY + 1L);
    assertThat(queue().getReady()).isZero();
  }

  @Test
  void shouldCallOffALongChainInSteps() {
    long root = enqueueOne();
    long last = root;
    for (int i = 0; i < 2 * MachineState.SPARE; i++) {
      last = childrenOf(last, 1).get(0);
    }
    assertThat(cancel(true, root).goesOn()).isTrue();
    rig.crash();
    assertThat(state(last)).isEqualTo(TaskState.TASK_STATE_READY);
    while (advance()) {
      // Until nothing is due.
    }
    assertThat(state(last)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task(last).getCause()).isEqualTo("cancelled: not needed");
    assertThat(cancelled()).isEqualTo(2L * MachineState.SPARE + 1);
  }

  @Test
  void shouldCallOffEachOnceInAGraphWithManyWays() {
    long root = enqueueOne();
    List<Long> middle = childrenOf(root, 100);
    long end =
        enqueue(
                EnqueueRequest.newBuilder()
                    .addAllAfterIds(middle)
                    .setOnFailure(OnFailure.ON_FAILURE_RUN),
                1)
            .get(0);
    assertThat(cancel(true, root, end)).isEqualTo(new Outcome.Cancelled(102, 0, 0, false));
  }

  @Test
  void shouldAnswerThatItGoesOnWhenItIsAskedAgain() {
    long parent = enqueueOne();
    childrenOf(parent, 2 * MachineState.SPARE);
    Command command =
        Command.newBuilder()
            .setCancel(
                Cancel.newBuilder()
                    .addIds(parent)
                    .setSubtree(true)
                    .setRequest(Commands.number(1, 1)))
            .build();
    Outcome first = rig.apply(command);
    assertThat(((Outcome.Cancelled) first).goesOn()).isTrue();
    rig.flush();
    rig.crash();
    assertThat(rig.apply(command)).isEqualTo(first);
  }
}
