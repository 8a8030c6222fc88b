package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Lease;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Event;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who listens hears of a worker's task when it is offered, and again when its handler begins. */
@Timeout(60)
final class TailOfARunTest {
  private final LeaderRig rig = new LeaderRig();
  private final EventHub.Listener listener = new EventHub.Listener("", () -> {});

  @AfterEach
  void stop() {
    rig.close();
  }

  private void enqueue() {
    EnqueueRequest request =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .setOptions(TaskOptions.newBuilder().setHandler("send"))
            .addPayloads(ByteString.EMPTY)
            .build();
    rig.run(() -> rig.dispatcher.enqueue(request, new LeaderRig.Replies()));
  }

  private List<Event> heard() {
    List<Event> events = new ArrayList<>();
    for (TailReply next = listener.poll(); next != null; next = listener.poll()) {
      events.addAll(next.getEventsList());
    }
    return events;
  }

  @Test
  void shouldTellOfferedFromRunning() {
    rig.events.listen(listener);
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue();
    assertThat(heard())
        .extracting(Event::getState, Event::getDetail)
        .containsExactly(
            tuple(TaskState.TASK_STATE_READY, "send"),
            tuple(TaskState.TASK_STATE_OFFERED, "send on w@:0"));
    worker.started(worker.ids.get(0));
    assertThat(heard())
        .extracting(Event::getState, Event::getDetail)
        .containsExactly(tuple(TaskState.TASK_STATE_RUNNING, "send on w@:0"));
  }

  @Test
  void shouldTellOnceThatATaskRunsHoweverOftenItsWorkerSaysSo() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue();
    long id = worker.ids.get(0);
    worker.started(id);
    rig.events.listen(listener);
    new RigWorker(rig).resume("w", worker, 0).started(id);
    assertThat(heard()).isEmpty();
  }

  @Test
  void shouldTellNothingOfWhatTheSessionDoesNotHold() {
    RigWorker worker = new RigWorker(rig).hello("w", 0);
    enqueue();
    rig.events.listen(listener);
    worker.started(1L);
    assertThat(heard()).isEmpty();
  }

  @Test
  void shouldSayThatAConsumersTaskRunsWhenItIsTaken() {
    enqueue();
    rig.events.listen(listener);
    Lease.Builder lease = Lease.newBuilder().setQueue("q").setMax(1).setVisibilityTimeoutMs(1_000);
    rig.propose(Command.newBuilder().setLease(lease).build());
    assertThat(heard()).extracting(Event::getState).containsExactly(TaskState.TASK_STATE_RUNNING);
  }
}
