package dev.muster.master.queue;

import static com.google.protobuf.ByteString.EMPTY;
import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A full queue that drops its oldest tasks drops what makes room, and nothing in vain. */
final class DropOldestTest {
  private final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldAddUpAndSurviveARestart() {
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
  }

  private void set(String queue, QueueSettings.Builder settings) {
    rig.apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder().setQueue(queue).setSettings(settings))
            .build());
  }

  private void dropOldest(String queue, int maxLength) {
    set(
        queue,
        QueueSettings.newBuilder()
            .setMaxLength(maxLength)
            .setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
  }

  private Outcome putUnique(String... keys) {
    EnqueueRequest.Builder request = request("q", KEEP);
    for (String key : keys) {
      request.addPayloads(EMPTY).addUniqueKeys(key);
    }
    return rig.apply(enqueue(request));
  }

  private static Command graph(String... queues) {
    GraphRequest.Builder graph = GraphRequest.newBuilder().addOptions(KEEP);
    for (String queue : queues) {
      graph.addNodes(GraphNode.newBuilder().setQueue(queue));
    }
    return Command.newBuilder().setGraph(graph).build();
  }

  private RefusalReason reason(Command command) {
    return ((Outcome.Refused) rig.apply(command)).reason();
  }

  private TaskState state(long id) {
    return rig.machine.task(id, false).getState();
  }

  private long waiting(String queue) {
    return Objects.requireNonNull(rig.machine.queue(queue)).getReady();
  }

  @Test
  void shouldDropNothingForAGraphThatAnotherQueueRefuses() {
    dropOldest("first", 1);
    set("second", QueueSettings.newBuilder().setDraining(true));
    long id = ((Outcome.Enqueued) rig.apply(enqueue("first", 1))).firstId();
    assertThat(reason(graph("first", "second")))
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_DRAINING);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_READY);

    set("second", QueueSettings.newBuilder().setDraining(false).setMaxLength(1));
    assertThat(reason(graph("first", "second", "second")))
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_READY);

    assertThat(rig.apply(graph("first", "second"))).isInstanceOf(Outcome.Enqueued.class);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(waiting("first")).isEqualTo(1);
  }

  @Test
  void shouldDropNothingWhenWhatWaitsForItsTimeFillsTheQueue() {
    dropOldest("q", 9);
    rig.apply(enqueue(request("q", KEEP, EMPTY, EMPTY, EMPTY).setDelayMs(1_000)));
    rig.apply(enqueue("q", 6));
    dropOldest("q", 3);
    assertThat(reason(enqueue("q", 2))).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(waiting("q")).isEqualTo(6);
  }

  @Test
  void shouldMakeRoomForATaskThatWasThereAndIsDropped() {
    dropOldest("q", 3);
    putUnique("a", "b", "c");
    Outcome.Enqueued again = (Outcome.Enqueued) putUnique("a", "d");
    assertThat(again.existing()).isZero();
    assertThat(waiting("q")).isEqualTo(3);
    assertThat(List.of(state(1), state(2), state(3)))
        .containsExactly(
            TaskState.TASK_STATE_CANCELLED,
            TaskState.TASK_STATE_CANCELLED,
            TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldDropNothingWhenItWouldHaveToDropWhatTheSameRequestNames() {
    dropOldest("q", 3);
    putUnique("a", "b", "c");
    Outcome refused = putUnique("a", "b", "c", "d");
    assertThat(((Outcome.Refused) refused).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(waiting("q")).isEqualTo(3);
    assertThat(((Outcome.Enqueued) putUnique("a", "b", "c")).existing()).isEqualTo(3);
  }

  @Test
  void shouldComeDownToALowerLimitInSteps() {
    rig.apply(enqueue("q", 3 * MachineState.SPARE));
    dropOldest("q", 10);
    rig.apply(enqueue("q", 2));
    assertThat(waiting("q")).isEqualTo(2 * MachineState.SPARE);
    rig.flush();
    // However many commands there are in an entry.
    rig.apply(List.of(enqueue("q", 1), enqueue("q", 1)));
    assertThat(waiting("q")).isEqualTo(MachineState.SPARE);
    rig.crash();
    rig.apply(enqueue("q", 10));
    assertThat(waiting("q")).isEqualTo(10);
    rig.apply(enqueue("q", 3));
    assertThat(waiting("q")).isEqualTo(10);
    assertThat(Objects.requireNonNull(rig.machine.queue("q")).getCancelled())
        .isEqualTo(3 * MachineState.SPARE + 7);
  }
}
