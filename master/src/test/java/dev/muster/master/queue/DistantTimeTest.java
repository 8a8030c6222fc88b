package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import org.junit.jupiter.api.Test;

/** A time so far away that no clock can tell it is far away, and not long ago. */
final class DistantTimeTest {
  private final MachineRig rig = new MachineRig();

  private long put(EnqueueRequest.Builder request) {
    return ((Outcome.Enqueued) rig.apply(enqueue(request))).firstId();
  }

  private static EnqueueRequest.Builder one(TaskOptions.Builder options) {
    return request("q", options.build(), ByteString.EMPTY);
  }

  private TaskState state(long id) {
    return rig.machine.task(id, false).getState();
  }

  private void pass(long ms) {
    rig.clockMs += ms;
    rig.apply(Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build());
  }

  @Test
  void shouldLetStoredTimersGoOffBesideATaskThatExpiresAfterTheEndOfTime() {
    long delayed = put(one(TaskOptions.newBuilder()).setDelayMs(5_000));
    rig.flush();
    long distant = put(one(TaskOptions.newBuilder().setTtlMs(1)).setRunAtMs(Long.MAX_VALUE));
    pass(1);
    assertThat(rig.machine.nextDueMs()).isEqualTo(rig.clockMs - 1 + 5_000);
    pass(5_000);
    assertThat(state(delayed)).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(state(distant)).isEqualTo(TaskState.TASK_STATE_DELAYED);
  }

  @Test
  void shouldFindItsTimersAgainAfterARestart() {
    long distant = put(one(TaskOptions.newBuilder().setTtlMs(1)).setRunAtMs(Long.MAX_VALUE));
    rig.flush();
    rig.crash();
    long delayed = put(one(TaskOptions.newBuilder()).setDelayMs(5_000));
    pass(5_000);
    assertThat(state(delayed)).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(state(distant)).isEqualTo(TaskState.TASK_STATE_DELAYED);
  }
}
