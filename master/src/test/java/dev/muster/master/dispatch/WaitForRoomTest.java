package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TakeRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for room in a queue that takes three tasks, in order; and what need not wait. */
@Timeout(60)
final class WaitForRoomTest {
  private static final int WAIT_MS = 10_000;

  private final LeaderRig rig = new LeaderRig();

  @BeforeEach
  void fill() {
    configure(3);
    enqueue(2);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private void configure(int maxLength) {
    ConfigureQueueRequest.Builder request =
        ConfigureQueueRequest.newBuilder()
            .setQueue("q")
            .setSettings(QueueSettings.newBuilder().setMaxLength(maxLength));
    rig.propose(Command.newBuilder().setConfigureQueue(request).build());
  }

  private LeaderRig.Replies enqueue(int count) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q").setWaitMs(WAIT_MS);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    LeaderRig.Replies replies = new LeaderRig.Replies();
    rig.run(() -> rig.dispatcher.enqueue(request.build(), replies));
    return replies;
  }

  private void take(int max) {
    TakeRequest request =
        TakeRequest.newBuilder().setQueue("q").setMax(max).setVisibilityTimeoutMs(60_000).build();
    rig.run(() -> rig.dispatcher.take(request, new RigTaker()));
  }

  private static Outcome.Refused refused(LeaderRig.Replies replies) {
    assertThat(replies.outcomes).hasSize(1);
    return (Outcome.Refused) replies.outcomes.element();
  }

  private static void accepted(LeaderRig.Replies replies) {
    assertThat(replies.outcomes).hasSize(1).first().isInstanceOf(Outcome.Enqueued.class);
  }

  @Test
  void shouldRefuseAtOnceWhatNeverFits() {
    int before = rig.entries.size();
    Outcome.Refused refused = refused(enqueue(4));
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(refused.message())
        .isEqualTo(
            "queue q takes 3 waiting tasks and holds 2; 4 more do not fit, not even when it is"
                + " empty: send fewer at a time, or raise --max-length");
    assertThat(rig.entries).hasSize(before + 1);
  }

  @Test
  void shouldNotLetWhatNeverFitsHoldUpTheOthers() {
    enqueue(4);
    accepted(enqueue(1));
    LeaderRig.Replies parked = enqueue(1);
    assertThat(parked.outcomes).isEmpty();
    take(1);
    accepted(parked);
  }

  @Test
  void shouldLetOthersWaitBehindWhatFitsLater() {
    LeaderRig.Replies large = enqueue(3);
    LeaderRig.Replies small = enqueue(2);
    take(1);
    assertThat(large.outcomes).isEmpty();
    assertThat(small.outcomes).isEmpty();
    take(1);
    accepted(large);
    assertThat(small.outcomes).isEmpty();
  }

  @Test
  void shouldRefuseWhatWaitsAndFitsNoMoreWhenTheQueueIsMadeShorter() {
    LeaderRig.Replies large = enqueue(3);
    LeaderRig.Replies small = enqueue(2);
    configure(2);
    assertThat(refused(large).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(small.outcomes).isEmpty();
    take(2);
    accepted(small);
  }
}
