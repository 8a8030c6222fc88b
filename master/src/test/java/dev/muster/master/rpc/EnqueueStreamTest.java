package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much of a producer is read before it is answered. */
@Timeout(60)
final class EnqueueStreamTest {
  private final LeaderRig rig = new LeaderRig();
  private final FakeCaller<EnqueueReply> caller = new FakeCaller<>();
  private final EnqueueStream stream = new EnqueueStream(caller, ServicesTest.tasksOn(rig));
  private int sent;

  @BeforeEach
  void hold() {
    rig.hold();
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private void sendAllThatMayCome(ByteString payload) {
    while (sent < caller.asked) {
      RequestId id =
          RequestId.newBuilder()
              .setSession(ByteString.copyFrom(new byte[Limits.SESSION_ID_BYTES]))
              .setNumber(++sent)
              .setAnsweredBelow(1)
              .build();
      stream.onNext(
          EnqueueRequest.newBuilder().setRequest(id).setQueue("q").addPayloads(payload).build());
    }
  }

  @Test
  void shouldReadAsManySmallRequestsAsAProducerLeavesUnanswered() {
    sendAllThatMayCome(ByteString.EMPTY);
    assertThat(sent).isEqualTo(Limits.OUTSTANDING_REQUESTS_MAX);
    assertThat(caller.replies).isEmpty();
    rig.release();
    assertThat(caller.replies).hasSize(sent);
    assertThat(caller.asked).isGreaterThan(sent);
  }

  @Test
  void shouldReadFewLargeRequestsAheadAndMoreWhenTheyAreAnswered() {
    sendAllThatMayCome(ByteString.copyFrom(new byte[1 << 20]));
    assertThat(sent).isLessThan(32);
    int before = sent;
    rig.release();
    assertThat(caller.asked).isGreaterThan(before);
    sendAllThatMayCome(ByteString.EMPTY);
    assertThat(sent).isGreaterThan(before);
  }
}
