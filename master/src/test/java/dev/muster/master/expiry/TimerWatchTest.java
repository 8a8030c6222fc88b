package dev.muster.master.expiry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TimerWatchTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private void enqueue(int count, long delayMs) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q").setDelayMs(delayMs);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    rig.propose(Command.newBuilder().setEnqueue(request).build());
  }

  private long advances() {
    return rig.entries.stream()
        .flatMap(entry -> entry.getCommandsList().stream())
        .filter(Command::hasAdvance)
        .count();
  }

  @Test
  void shouldAdvanceWhenATimerIsDueAndNotBefore() {
    enqueue(1, 5_000);
    enqueue(1, 3_000);
    rig.tick(2_999);
    assertThat(advances()).isZero();
    rig.tick(1);
    assertThat(advances()).isEqualTo(1);
    assertThat(rig.task(2).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_DELAYED);
    rig.tick(2_000);
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldAskToBeCalledWhenATimerIsNear() {
    enqueue(1, 5_000);
    assertThat(rig.alarms).isEmpty();
    enqueue(1, 7);
    assertThat(rig.alarms).containsExactly(7L);
  }

  @Test
  void shouldGoOnAtOnceWhenMoreIsDue() {
    enqueue(20_000, 1_000);
    rig.tick(1_000);
    rig.settle();
    assertThat(advances()).isGreaterThan(1);
    assertThat(rig.queue("q").getDelayed()).isZero();
  }

  @Test
  void shouldProposeOnceAtATime() {
    enqueue(1, 1_000);
    rig.hold();
    rig.tick(1_000);
    rig.tick(1_000);
    assertThat(advances()).isEqualTo(1);
    rig.release();
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldKnowWhatIsDueWhenThisMasterBeginsToLead() {
    enqueue(1, 1_000);
    List<Long> alarms = new ArrayList<>();
    TimerWatch next = new TimerWatch(rig.proposer, rig.applier, rig::nowMs, alarms::add);
    rig.run(
        () ->
            rig.applier.read(
                machine -> {
                  next.restore(machine);
                  return true;
                }));
    assertThat(alarms).containsExactly(1_000L);
  }
}
