package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.expire;
import static dev.muster.master.queue.Commands.extend;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The lease of a consumer without a session ends by the clock, a second after it began. It is a
 * timer of the state machine, and costs nothing when the task is settled before.
 */
final class LeaseTimeTest {
  private final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldAddUpAndComeBackTheSame() {
    rig.flush();
    assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
    rig.crash();
    assertThat(rig.machine.unconserved()).isEmpty();
  }

  private List<ByteString> stored() {
    List<ByteString> keys = new ArrayList<>();
    rig.store.scan(Family.TIMERS, ByteString.EMPTY, (key, value) -> keys.add(key));
    return keys;
  }

  private boolean advance() {
    Command command = Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build();
    return ((Outcome.Advanced) rig.apply(command)).more();
  }

  private boolean advanceAfter(long passedMs) {
    rig.clockMs += passedMs;
    return advance();
  }

  /** Leases tasks that are there; their token. */
  private long take(int max) {
    rig.apply(lease("q", 0, max, 1_000));
    return rig.index();
  }

  private TaskInfo task(long id) {
    return rig.machine.task(id, false);
  }

  @Test
  void shouldGiveBackWhatWasNotSettledInTime() {
    rig.apply(enqueue("q", 1));
    take(1);
    advanceAfter(999);
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(rig.machine.nextDueMs()).isEqualTo(rig.clockMs + 1);
    assertThat(advanceAfter(1)).isFalse();
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(task(1).getExpiries()).isEqualTo(1);
    assertThat(rig.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldLeaveNothingOfALeaseThatIsSettledAtOnce() {
    int count = 100;
    rig.apply(enqueue("q", TaskOptions.getDefaultInstance(), count));
    long before = rig.machine.currentBytes();
    long token = take(count);
    assertThat(rig.machine.currentBytes()).isGreaterThan(before);
    Settlement.Builder returned = Settlement.newBuilder();
    for (long id = 1; id <= count; id++) {
      returned.addReturnedIds(id).addReturnedTokens(token);
    }
    rig.apply(settle(returned));
    advance();
    assertThat(rig.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
    rig.flush();
    assertThat(stored()).isEmpty();
  }

  @Test
  void shouldForgetWhatAFlushWroteOfALeaseWhenItIsSettled() {
    rig.apply(enqueue("q", 2));
    long token = take(2);
    rig.flush();
    assertThat(stored()).hasSize(2);
    rig.apply(settle(completed(1, token, "x")));
    rig.roll();
    rig.apply(settle(completed(2, token, "x")));
    rig.flush();
    assertThat(stored()).noneMatch(key -> key.byteAt(8) == 1); // of a task
  }

  @Test
  void shouldEndLaterWhenALeaseIsExtendedWhateverWasFlushed() {
    rig.apply(enqueue("q", 3));
    long token = take(3);
    rig.apply(extend(1, token, 2_000));
    rig.flush();
    rig.apply(extend(2, token, 2_000));
    rig.roll();
    rig.apply(extend(3, token, 2_000));
    assertThat(advanceAfter(1_999)).isFalse();
    assertThat(ready()).isZero();
    rig.crash();
    assertThat(advanceAfter(1)).isFalse();
    assertThat(ready()).isEqualTo(3);
  }

  @Test
  void shouldEndAfterARestart() {
    rig.apply(enqueue("q", 2));
    take(1);
    rig.flush();
    take(1);
    rig.crash();
    assertThat(advanceAfter(1_000)).isFalse();
    assertThat(task(1).getExpiries()).isEqualTo(1);
    assertThat(task(2).getExpiries()).isEqualTo(1);
  }

  @Test
  void shouldEndAfterARestartWhenAnOlderProgramWroteTheStore() {
    rig.apply(enqueue("q", 1));
    take(1);
    rig.flush();
    try (StateStore.Batch batch = rig.store.newBatch()) {
      stored().forEach(key -> batch.delete(Family.TIMERS, key));
      batch.commit();
    }
    rig.crash();
    assertThat(rig.machine.nextDueMs()).isEqualTo(rig.clockMs + 1_000);
    rig.flush();
    assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
    assertThat(advanceAfter(1_000)).isFalse();
    assertThat(task(1).getExpiries()).isEqualTo(1);
    rig.flush();
    assertThat(stored()).isEmpty();
  }

  @Test
  void shouldEndMoreThanOneStepDoes() {
    rig.apply(enqueue("q", 1_500));
    take(1_500);
    assertThat(advanceAfter(1_000)).isTrue();
    assertThat(advance()).isFalse();
    assertThat(ready()).isEqualTo(1_500);
  }

  @Test
  void shouldNotExpireATaskThatRunsWhenItsTimeToLiveIsOver() {
    rig.apply(enqueue("q", TaskOptions.newBuilder().setTtlMs(500).build(), 1));
    take(1);
    advanceAfter(999);
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(advanceAfter(1)).isTrue();
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    advance();
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_EXPIRED);
  }

  @Test
  void shouldNotEndTheLeaseOfASession() {
    rig.apply(enqueue("q", 1));
    long session = ((Outcome.Opened) rig.apply(open("w"))).number();
    rig.apply(lease("q", session, 1));
    assertThat(rig.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
    advanceAfter(1_000_000);
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
  }

  @Test
  void shouldDoWhatAnOldLogSaysOfLeasesThatAreOver() {
    rig.apply(enqueue("q", 1));
    long token = take(1);
    rig.flush();
    rig.clockMs += 1_000;
    rig.apply(expire(1, token));
    assertThat(task(1).getExpiries()).isEqualTo(1);
    assertThat(advance()).isFalse();
    assertThat(task(1).getExpiries()).isEqualTo(1);
  }

  private long ready() {
    return Objects.requireNonNull(rig.machine.queue("q")).getReady();
  }
}
