package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Which worker asks for what, and when nobody asks. Sessions take their numbers from the same
 * sequence as tasks: the first worker has number 1.
 */
@Timeout(30)
final class DemandTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    assertThat(rig.applier.<List<String>>read(machine -> machine.unconserved())).isEmpty();
    rig.close();
  }

  /** Notes what it is offered. */
  private final class Worker implements WorkerStream, Sessions.HelloListener {
    final List<Long> ids = new ArrayList<>();
    private Sessions.@Nullable Handle handle;

    Worker(String key, int credit, int slots, Map<String, String> labels) {
      Hello hello =
          Hello.newBuilder()
              .setSession(ByteString.copyFromUtf8(key))
              .addQueues("q")
              .setCredit(credit)
              .setSlots(slots)
              .putAllLabels(labels)
              .build();
      rig.run(() -> rig.sessions.open(this, hello, this));
    }

    void credit(int more) {
      WorkerFrame frame = WorkerFrame.newBuilder().setCredit(more).build();
      Objects.requireNonNull(handle).frame(frame, () -> {});
      rig.settle();
    }

    @Override
    public void offer(List<Offer> offers) {
      offers.forEach(offer -> ids.addAll(offer.getIdsList()));
    }

    @Override
    public void opened(Sessions.Handle session, Outcome.Opened outcome) {
      handle = session;
    }

    @Override
    public void settled(long upto, List<RefusedAttempt> refused) {}

    @Override
    public void cancelled(List<Long> cancelled) {}

    @Override
    public void stop(long id, long token) {}

    @Override
    public void drain() {}

    @Override
    public void kill() {}

    @Override
    public void stackWanted(long id) {}

    @Override
    public void heartbeat() {}

    @Override
    public void expired() {}

    @Override
    public void finish() {}

    @Override
    public void unavailable(String why) {
      throw new AssertionError(why);
    }
  }

  private static TaskOptions.Builder options() {
    return TaskOptions.newBuilder();
  }

  private LeaderRig.Replies put(TaskOptions.Builder options, int count, int waitMs) {
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder().setQueue("q").setOptions(options).setWaitMs(waitMs);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.copyFromUtf8("x"));
    }
    LeaderRig.Replies replies = new LeaderRig.Replies();
    rig.run(() -> rig.dispatcher.enqueue(request.build(), replies));
    return replies;
  }

  private void configure(QueueSettings.Builder settings) {
    ConfigureQueueRequest.Builder request =
        ConfigureQueueRequest.newBuilder().setQueue("q").setSettings(settings);
    rig.propose(Command.newBuilder().setConfigureQueue(request).build());
  }

  @Test
  void shouldOfferATaskOnlyToAWorkerThatHasItsLabels() {
    Worker plain = new Worker("plain", 5, 5, Map.of());
    Worker gpu = new Worker("gpu", 5, 5, Map.of("gpu", "a"));
    put(options().putRequires("gpu", "a"), 3, 0);
    assertThat(plain.ids).isEmpty();
    assertThat(gpu.ids).containsExactly(3L, 4L, 5L);
  }

  @Test
  void shouldSpendCreditByCost() {
    Worker worker = new Worker("w", 5, 5, Map.of());
    put(options().setCost(2), 4, 0);
    assertThat(worker.ids).containsExactly(2L, 3L);
    worker.credit(1);
    assertThat(worker.ids).containsExactly(2L, 3L, 4L);
  }

  @Test
  void shouldWaitForCreditAndNotAskAgainWhenTheNextTaskCostsMore() {
    Worker worker = new Worker("w", 2, 8, Map.of());
    put(options().setCost(4).setPriority(9), 1, 0);
    put(options(), 1, 0);
    int before = rig.entries.size();
    rig.settle();
    rig.tick(3_000);
    assertThat(worker.ids).isEmpty();
    assertThat(rig.entries).hasSize(before);
    worker.credit(3);
    assertThat(worker.ids).containsExactly(2L, 3L);
  }

  @Test
  void shouldAskAgainWithTheCreditThatCameWhileItAskedInVain() {
    Worker worker = new Worker("w", 1, 8, Map.of());
    rig.hold();
    put(options().setCost(3).setPriority(9), 1, 0);
    put(options(), 1, 0);
    worker.credit(5);
    rig.release();
    assertThat(worker.ids).containsExactly(2L, 3L);
  }

  @Test
  void shouldAskForAllItHasWhenATaskThatCostsMoreCameJustBefore() {
    Worker worker = new Worker("w", 6, 8, Map.of());
    rig.hold();
    put(options().setCost(3).setPriority(9), 1, 0);
    put(options(), 1, 0);
    rig.release();
    assertThat(worker.ids).containsExactly(2L, 3L);
  }

  @Test
  void shouldNeverOfferATaskThatCostsMoreThanAllSlots() {
    Worker small = new Worker("small", 4, 4, Map.of());
    put(options().setCost(6), 1, 0);
    small.credit(10);
    assertThat(small.ids).isEmpty();
    assertThat(new Worker("large", 6, 6, Map.of()).ids).containsExactly(2L);
  }

  @Test
  void shouldAskNobodyWhileAGroupIsBusy() {
    Worker worker = new Worker("w", 5, 5, Map.of());
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q");
    for (int i = 0; i < 3; i++) {
      request.addPayloads(ByteString.EMPTY).addGroups("g");
    }
    rig.run(() -> rig.dispatcher.enqueue(request.build(), new LeaderRig.Replies()));
    assertThat(worker.ids).containsExactly(2L);
    int before = rig.entries.size();
    worker.credit(1);
    rig.settle();
    assertThat(rig.entries).hasSize(before);
  }

  @Test
  void shouldOfferAgainWhenTheRateAllowsIt() {
    configure(QueueSettings.newBuilder().setRate(Rate.newBuilder().setCount(1).setBurst(1)));
    Worker worker = new Worker("w", 5, 5, Map.of());
    put(options(), 3, 0);
    assertThat(worker.ids).containsExactly(2L);
    int before = rig.entries.size();
    rig.pause(999);
    assertThat(rig.entries).hasSize(before);
    rig.pause(1);
    assertThat(worker.ids).containsExactly(2L, 3L);
    rig.pause(1_000);
    assertThat(worker.ids).containsExactly(2L, 3L, 4L);
  }

  @Test
  void shouldOfferNothingWhilePausedAndAllOfItThen() {
    configure(QueueSettings.newBuilder().setPaused(true));
    Worker worker = new Worker("w", 5, 5, Map.of());
    put(options(), 3, 0);
    assertThat(worker.ids).isEmpty();
    configure(QueueSettings.newBuilder().setPaused(false));
    assertThat(worker.ids).containsExactly(2L, 3L, 4L);
  }

  @Test
  void shouldRefuseAtOnceWhenAFullQueueRejects() {
    configure(QueueSettings.newBuilder().setMaxLength(1).setOverflow(Overflow.OVERFLOW_REJECT));
    put(options(), 1, 0);
    LeaderRig.Replies replies = put(options(), 1, 60_000);
    assertThat(((Outcome.Refused) replies.outcomes.element()).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
  }

  @Test
  void shouldGiveATakeWhateverDemandsNoLabel() {
    put(options().setCost(50), 1, 0);
    put(options().putRequires("gpu", "a"), 1, 0);
    RigTaker taker = new RigTaker();
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue("q")
            .setMax(5)
            .setWaitMs(1_000)
            .setVisibilityTimeoutMs(1_000)
            .build();
    rig.run(() -> rig.dispatcher.take(request, taker));
    rig.run(() -> rig.dispatcher.take(request, taker));
    int before = rig.entries.size();
    rig.settle();
    assertThat(rig.entries).hasSize(before);
    assertThat(taker.answers).containsExactly(List.of(1L));
  }
}
