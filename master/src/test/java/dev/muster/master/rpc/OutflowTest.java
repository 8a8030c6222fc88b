package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.Limits;
import dev.muster.master.queue.Inspection.InputPage;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.Welcome;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class OutflowTest {
  private final List<Runnable> egress = new ArrayList<>();
  private final AtomicInteger ended = new AtomicInteger();

  private void run() {
    List<Runnable> now = List.copyOf(egress);
    egress.clear();
    now.forEach(Runnable::run);
  }

  private static TaskResult result(long id) {
    return TaskResult.newBuilder().setId(id).build();
  }

  private AwaitStream await(FakeCaller<AwaitReply> caller, int count, boolean any) {
    AwaitStream stream = new AwaitStream(caller, egress::add, count, any);
    stream.endWithCaller(ended::incrementAndGet);
    return stream;
  }

  @Test
  void shouldSendTogetherWhatGathers() {
    FakeCaller<AwaitReply> caller = new FakeCaller<>();
    AwaitStream stream = await(caller, 3, false);
    stream.add(result(1));
    stream.add(result(2));
    assertThat(egress).hasSize(1);
    run();
    assertThat(caller.replies).hasSize(1);
    assertThat(caller.completed).isFalse();
    stream.add(result(3));
    run();
    assertThat(caller.replies).hasSize(2);
    assertThat(caller.completed).isTrue();
    assertThat(ended.get()).isPositive();
  }

  @Test
  void shouldEndAfterTheFirstReplyWhenAnyWillDo() {
    FakeCaller<AwaitReply> caller = new FakeCaller<>();
    AwaitStream stream = await(caller, 3, true);
    stream.add(result(2));
    run();
    stream.add(result(1));
    run();
    assertThat(caller.replies)
        .containsExactly(AwaitReply.newBuilder().addResults(result(2)).build());
    assertThat(caller.completed).isTrue();
    assertThat(ended.get()).isPositive();
  }

  @Test
  void shouldWaitForTheWire() {
    FakeCaller<AwaitReply> caller = new FakeCaller<>();
    caller.ready = false;
    AwaitStream stream = await(caller, 1, false);
    stream.add(result(1));
    run();
    assertThat(caller.replies).isEmpty();
    caller.becomeReady();
    run();
    assertThat(caller.completed).isTrue();
  }

  @Test
  void shouldSendNothingWhenTheCallerHasGone() {
    FakeCaller<AwaitReply> caller = new FakeCaller<>();
    AwaitStream stream = await(caller, 1, false);
    caller.goAway();
    stream.add(result(1));
    run();
    assertThat(caller.replies).isEmpty();
    assertThat(ended.get()).isEqualTo(1);
  }

  @Test
  void shouldTellAWorkerToStopAndToDrainInOneFrame() {
    FakeCaller<MasterFrame> caller = new FakeCaller<>();
    FrameOutbox outbox = new FrameOutbox(caller, egress::add);
    outbox.stop(7, 3);
    outbox.stop(7, 3);
    outbox.cancelled(List.of(8L));
    outbox.drain();
    run();
    MasterFrame.Builder frame =
        MasterFrame.newBuilder()
            .addCancelledIds(8)
            .setDrain(true)
            .addStop(
                StopAttempt.newBuilder()
                    .setId(7)
                    .setToken(3)
                    .setInterruptAfterMs(Limits.STOP_INTERRUPT_AFTER_MS)
                    .setAbandonAfterMs(Limits.STOP_ABANDON_AFTER_MS));
    assertThat(caller.replies).containsExactly(frame.build());
    outbox.heartbeat();
    run();
    assertThat(caller.replies.get(1)).isEqualTo(MasterFrame.getDefaultInstance());
  }

  @Test
  void shouldWelcomeAWorkerAndSayWhatItHasLostInOneFrame() {
    FakeCaller<MasterFrame> caller = new FakeCaller<>();
    Welcome welcome = Welcome.newBuilder().setResumed(true).build();
    new FrameOutbox(caller, Runnable::run).welcome(welcome, List.of(7L));
    assertThat(caller.replies)
        .containsExactly(MasterFrame.newBuilder().setWelcome(welcome).addCancelledIds(7).build());
  }

  @Test
  void shouldTellAWorkerOnceToEndAndWhichStacksAreWanted() {
    FakeCaller<MasterFrame> caller = new FakeCaller<>();
    FrameOutbox outbox = new FrameOutbox(caller, egress::add);
    outbox.kill();
    outbox.stackWanted(7);
    outbox.stackWanted(7);
    run();
    outbox.heartbeat();
    run();
    assertThat(caller.replies)
        .containsExactly(
            MasterFrame.newBuilder().setKill(true).addStackWanted(7).build(),
            MasterFrame.getDefaultInstance());
  }

  @Test
  void shouldSendTheLastFrameEvenIfTheWireIsSlow() {
    FakeCaller<MasterFrame> caller = new FakeCaller<>();
    caller.ready = false;
    FrameOutbox outbox = new FrameOutbox(caller, egress::add);
    outbox.whenEnded(ended::incrementAndGet);
    outbox.expired();
    run();
    assertThat(caller.replies.get(0).getSessionExpired()).isTrue();
    assertThat(caller.completed).isTrue();
    assertThat(ended.get()).isEqualTo(1);
  }

  private void openInputs(FakeCaller<InputsReply> caller, int pages, boolean thenGone) {
    InputsStream.open(
        caller,
        egress::add,
        from ->
            from == pages
                ? null
                : new InputPage(
                    List.of(result(from)), from + 1 < pages || thenGone ? from + 1 : 0));
  }

  @Test
  void shouldBeStuckWhenTheWireTookNothingSinceItWasAskedLast() {
    FakeCaller<MasterFrame> caller = new FakeCaller<>();
    FrameOutbox outbox = new FrameOutbox(caller, egress::add);
    assertThat(outbox.isStuck()).isFalse(); // it could take something
    outbox.heartbeat();
    run();
    caller.ready = false;
    assertThat(outbox.isStuck()).isFalse(); // it has taken something
    assertThat(outbox.isStuck()).isTrue();
    outbox.heartbeat();
    caller.becomeReady();
    run();
    caller.ready = false;
    assertThat(outbox.isStuck()).isFalse();
    outbox.end();
    assertThat(outbox.isStuck()).isFalse(); // it is over
  }

  @Test
  void shouldReadInputsOnlyAsFastAsTheyAreSent() {
    FakeCaller<InputsReply> caller = new FakeCaller<>();
    caller.pauseAfterEach = true;
    openInputs(caller, 3, false);
    run();
    assertThat(caller.replies).hasSize(1);
    caller.becomeReady();
    run();
    assertThat(caller.replies).hasSize(2);
    assertThat(caller.completed).isFalse();
    caller.becomeReady();
    run();
    assertThat(caller.replies)
        .extracting(reply -> reply.getInputs(0).getId())
        .containsExactly(0L, 1L, 2L);
    assertThat(caller.completed).isTrue();
  }

  @Test
  void shouldNotEndWellWhenInputsGoInTheMiddle() {
    FakeCaller<InputsReply> caller = new FakeCaller<>();
    openInputs(caller, 1, true);
    run();
    assertThat(caller.replies).hasSize(1);
    assertThat(caller.completed).isFalse();
    assertThat(caller.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
  }

  @Test
  void shouldSaySoWhenWhatIsToBeSentCannotBeRead() {
    FakeCaller<InputsReply> caller = new FakeCaller<>();
    InputsStream.open(
        caller,
        egress::add,
        from -> {
          if (from == 0) {
            return new InputPage(List.of(result(1)), 1);
          }
          throw new IllegalStateException("a record cannot be read");
        });
    run();
    assertThat(caller.replies).hasSize(1);
    assertThat(caller.completed).isFalse();
    assertThat(caller.error).hasMessageContaining("a record cannot be read");
    assertThat(Status.fromThrowable(Objects.requireNonNull(caller.error)).getCode())
        .isEqualTo(Status.Code.DATA_LOSS);
  }
}
