package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.RequestId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients are forgotten in the order in which they were used, also after a restart. */
final class ProducerOrderTest {
  private static final int CLIENTS = 20;

  /** So many are forgotten in one entry. */
  private static final int FORGOTTEN = 16;

  private final MachineRig rig = new MachineRig();

  private static Command put(int client) {
    // The names' order is not that of their use.
    ByteString name = ByteString.copyFromUtf8(String.format("client %09d", client * 7 % CLIENTS));
    RequestId number = RequestId.newBuilder().setSession(name).setNumber(1).build();
    return enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number));
  }

  /** All in one entry, and so with one stamp. */
  private List<Outcome> putAll() {
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      commands.add(put(i));
    }
    return rig.apply(commands);
  }

  private void shouldKnowTheLastOnly(List<Outcome> before) {
    List<Outcome> after = putAllMuchLater();
    assertThat(after.subList(FORGOTTEN, CLIENTS)).isEqualTo(before.subList(FORGOTTEN, CLIENTS));
    assertThat(after.subList(0, FORGOTTEN)).doesNotContainAnyElementsOf(before);
  }

  private List<Outcome> putAllMuchLater() {
    rig.clockMs += ProducerBook.FORGET_AFTER_MS;
    return putAll();
  }

  @Test
  void shouldForgetInTheOrderOfUse() {
    shouldKnowTheLastOnly(putAll());
  }

  @Test
  void shouldForgetInTheOrderOfUseAfterARestart() {
    List<Outcome> before = putAll();
    rig.flush();
    rig.crash();
    shouldKnowTheLastOnly(before);
    rig.crash();
  }

  @Test
  void shouldCountOnAfterARestart() {
    List<Outcome> before = putAll();
    rig.flush();
    rig.crash();
    // Used again, those that were first are the last, whatever was counted before the restart.
    List<Command> again = new ArrayList<>();
    for (int i = 0; i < CLIENTS - FORGOTTEN; i++) {
      RequestId second = put(i).getEnqueue().getRequest().toBuilder().setNumber(2).build();
      again.add(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(second)));
    }
    rig.apply(again);
    rig.flush();
    rig.crash();
    List<Outcome> after = putAllMuchLater();
    int known = CLIENTS - FORGOTTEN;
    assertThat(after.subList(0, known)).isEqualTo(before.subList(0, known));
    assertThat(after.subList(known, CLIENTS)).doesNotContainAnyElementsOf(before);
  }
}
