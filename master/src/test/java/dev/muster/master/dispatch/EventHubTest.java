package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Event;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EventHubTest {
  private final LeaderRig rig = new LeaderRig();
  private final AtomicInteger woken = new AtomicInteger();

  @AfterEach
  void stop() {
    rig.close();
  }

  private EventHub.Listener listen(String prefix) {
    EventHub.Listener listener = new EventHub.Listener(prefix, woken::incrementAndGet);
    rig.events.listen(listener);
    return listener;
  }

  /** Enqueues and drops: each task enters CANCELLED at the latest. */
  private void happen(String queue, int count) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue(queue);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    rig.propose(Command.newBuilder().setEnqueue(request).build());
    Bulk.Builder cancel =
        Bulk.newBuilder()
            .setAction(Bulk.Action.CANCEL)
            .setFilter(
                TaskFilter.newBuilder().setQueue(queue).setState(TaskState.TASK_STATE_READY));
    for (int i = 0; i <= count / 500; i++) {
      rig.propose(Command.newBuilder().setBulk(cancel).build());
    }
  }

  private static List<Event> events(EventHub.Listener listener) {
    List<Event> events = new ArrayList<>();
    for (TailReply next = listener.poll(); next != null; next = listener.poll()) {
      events.addAll(next.getEventsList());
    }
    return events;
  }

  @Test
  void shouldTellWhatHappensInQueuesWithThePrefix() {
    EventHub.Listener listener = listen("mail/");
    happen("mail/out", 1);
    happen("other", 1);
    assertThat(woken.get()).isPositive();
    List<Event> events = events(listener);
    assertThat(events).extracting(Event::getQueue).containsOnly("mail/out");
    assertThat(events).extracting(Event::getState).contains(TaskState.TASK_STATE_CANCELLED);
    assertThat(events.get(0).getAtMs()).isPositive();
  }

  @Test
  void shouldTellNothingMoreWhenTheListenerHasLeft() {
    EventHub.Listener listener = listen("");
    rig.events.leave(listener);
    happen("q", 1);
    assertThat(listener.poll()).isNull();
    assertThat(woken.get()).isZero();
  }

  @Test
  void shouldSayHowManyASlowReaderMissed() {
    EventHub.Listener listener = listen("");
    EventHub.Listener counter = listen("");
    long all = 0;
    while (all <= EventHub.WAITING_MAX) {
      happen("q", 1_000);
      all += events(counter).size();
    }
    TailReply first = Objects.requireNonNull(listener.poll());
    assertThat(first.getMissed()).isEqualTo(all - EventHub.WAITING_MAX);
    assertThat(Objects.requireNonNull(listener.poll()).getMissed()).isZero();
  }
}
