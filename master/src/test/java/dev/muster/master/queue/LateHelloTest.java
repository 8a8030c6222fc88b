package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskState;
import org.junit.jupiter.api.Test;

/**
 * A hello of a connection that its worker has given up takes nothing from the one that came after.
 */
final class LateHelloTest {
  private final MachineRig rig = new MachineRig();

  private static Command hello(long connection, long... held) {
    Command.Builder hello = open("worker").toBuilder();
    for (long id : held) {
      hello.getOpenSessionBuilder().addHeldIds(id).addHeldTokens(3);
    }
    hello.getOpenSessionBuilder().setConnection(connection);
    return hello.build();
  }

  @Test
  void shouldTurnAHelloAwayThatComesBehindThatOfALaterConnection() {
    // given
    rig.apply(enqueue("q", 1));
    long session = ((Outcome.Opened) rig.apply(hello(2))).number();
    rig.apply(lease("q", session, 1));

    // when
    Outcome late = rig.apply(hello(1));
    rig.flush();
    rig.crash();
    Outcome later = rig.apply(hello(1));

    // then
    assertThat(late).isEqualTo(later).isInstanceOf(Outcome.Refused.class);
    assertThat(((Outcome.Refused) late).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
    assertThat(rig.machine.task(1, false).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(rig.machine.task(1, false).getReturns()).isZero();
    assertThat(((Outcome.Opened) rig.apply(hello(3, 1))).lostIds()).isEmpty();
  }

  @Test
  void shouldTakeEachHelloOfAWorkerThatDoesNotCount() {
    rig.apply(hello(2));
    assertThat(rig.apply(hello(0))).isInstanceOf(Outcome.Opened.class);
    assertThat(rig.apply(hello(1))).isInstanceOf(Outcome.Opened.class);
  }
}
