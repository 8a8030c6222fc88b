package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.returnUnstarted;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.Family;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Timers of tasks, before and after the flush that writes them. */
final class TimersTest {
  private static final TaskOptions SECOND = TaskOptions.newBuilder().setTtlMs(1_000).build();

  private final MachineRig rig = new MachineRig();
  private long session;

  private int stored() {
    List<ByteString> keys = new ArrayList<>();
    rig.store.scan(Family.TIMERS, ByteString.EMPTY, (key, value) -> keys.add(key));
    return keys.size();
  }

  private boolean advance() {
    Command command = Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build();
    return ((Outcome.Advanced) rig.apply(command)).more();
  }

  /** Their leases have no time of their own. */
  private List<Offer> take(int max) {
    if (session == 0) {
      session = ((Outcome.Opened) rig.apply(open("w"))).number();
    }
    return ((Outcome.Leased) rig.apply(lease("q", session, max))).offers();
  }

  private TaskState state(long id) {
    return rig.machine.task(id, false).getState();
  }

  @Test
  void shouldWriteNothingOfATimerThatWasClearedBeforeTheFlush() {
    rig.apply(enqueue("q", SECOND, 100));
    take(99);
    rig.flush();
    assertThat(stored()).isEqualTo(1);
  }

  @Test
  void shouldForgetAStoredTimerThatIsCleared() {
    rig.apply(enqueue("q", SECOND, 3));
    rig.flush();
    assertThat(stored()).isEqualTo(3);
    take(2);
    rig.flush();
    assertThat(stored()).isEqualTo(1);
    rig.clockMs += 1_000;
    assertThat(advance()).isFalse();
    assertThat(state(3)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
    rig.flush();
    assertThat(stored()).isEqualTo(1); // when what has expired is forgotten
  }

  @Test
  void shouldExpireOnceWhatWasGivenBackToTheSameTimer() {
    rig.apply(enqueue("q", SECOND, 2));
    for (int i = 0; i < 3; i++) {
      assertThat(take(1)).hasSize(1);
      rig.apply(returnUnstarted(session));
    }
    rig.clockMs += 1_000;
    assertThat(advance()).isFalse();
    assertThat(rig.finished).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void shouldTakeTheEarliestFirstFromTheStoreAndFromMemory() {
    rig.apply(enqueue("q", SECOND, 700));
    rig.flush();
    rig.clockMs += 100;
    rig.apply(enqueue("q", TaskOptions.newBuilder().setTtlMs(500).build(), 700));
    rig.clockMs += 2_000;
    assertThat(advance()).isTrue(); // 1,000 at a time
    assertThat(rig.finished).hasSize(1_000).contains(701L, 1_400L, 1L, 300L).doesNotContain(301L);
    assertThat(advance()).isFalse();
    assertThat(rig.finished).hasSize(1_400);
  }

  @Test
  void shouldExpireWhatIsDueInAFrozenGeneration() {
    rig.apply(enqueue("q", SECOND, 2));
    rig.roll();
    take(1);
    rig.clockMs += 1_000;
    assertThat(advance()).isFalse();
    assertThat(state(1)).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(state(2)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
    rig.crash();
    assertThat(state(2)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
  }
}
