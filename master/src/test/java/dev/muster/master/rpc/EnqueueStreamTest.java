package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much of a producer is read before it is answered. */
@Timeout(60)
final class EnqueueStreamTest {
  private final LeaderRig rig = new LeaderRig();
  private final FakeCaller<EnqueueReplies> caller = new FakeCaller<>();
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
      stream.onNext(frame(1, payload));
    }
  }

  private EnqueueFrame frame(int requests, ByteString payload) {
    EnqueueFrame.Builder frame = EnqueueFrame.newBuilder();
    for (int i = 0; i < requests; i++) {
      RequestId id =
          RequestId.newBuilder()
              .setSession(ByteString.copyFrom(new byte[Limits.SESSION_ID_BYTES]))
              .setNumber(++sent)
              .setAnsweredBelow(1)
              .build();
      frame.addRequests(
          EnqueueRequest.newBuilder().setRequest(id).setQueue("q").addPayloads(payload));
    }
    return frame.build();
  }

  private List<EnqueueReply> replies() {
    return caller.replies.stream().flatMap(all -> all.getRepliesList().stream()).toList();
  }

  @Test
  void shouldReadAsManySmallRequestsAsAProducerLeavesUnanswered() {
    sendAllThatMayCome(ByteString.EMPTY);
    assertThat(sent).isEqualTo(Limits.OUTSTANDING_REQUESTS_MAX);
    assertThat(caller.replies).isEmpty();
    rig.release();
    assertThat(replies()).hasSize(sent);
    assertThat(caller.asked).isGreaterThan(sent);
  }

  @Test
  void shouldAnswerEachRequestOfAFrameAndThoseOfAnEntryInOneMessage() {
    stream.onNext(frame(100, ByteString.EMPTY));
    stream.onCompleted();
    rig.release();
    assertThat(caller.replies)
        .as("messages: the first entries of the log are small")
        .hasSizeLessThan(10);
    assertThat(replies().stream().map(EnqueueReply::getNumber))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 100).boxed().toList());
    assertThat(replies()).allMatch(reply -> reply.getCount() == 1);
    assertThat(caller.completed).isTrue();
  }

  @Test
  void shouldAnswerInSeveralMessagesWhatIsTooMuchForOne() {
    stream.onNext(frame(Limits.OUTSTANDING_REQUESTS_MAX, ByteString.EMPTY));
    rig.release();
    assertThat(replies()).hasSize(Limits.OUTSTANDING_REQUESTS_MAX);
    assertThat(caller.replies).allMatch(message -> message.getSerializedSize() < 128 << 10);
  }

  @Test
  void shouldEndOnlyWhenWhatGatheredIsTold() {
    EnqueueRequest request = frame(1, ByteString.EMPTY).getRequests(0);
    stream.onNext(EnqueueFrame.newBuilder().addRequests(request).build());
    stream.enqueued(request, new Outcome.Enqueued(7, 1));
    stream.onCompleted();
    assertThat(caller.completed).isFalse();
    stream.entryApplied();
    assertThat(replies()).hasSize(1);
    assertThat(caller.completed).isTrue();
  }

  @Test
  void shouldRefuseMoreThanAProducerMayLeaveUnanswered() {
    stream.onNext(frame(Limits.OUTSTANDING_REQUESTS_MAX, ByteString.EMPTY));
    stream.onNext(frame(1, ByteString.EMPTY));
    assertThat(caller.error)
        .hasMessage(
            "INVALID_ARGUMENT: expected at most 4096 unanswered requests on a stream, found 4097:"
                + " send more when some are answered");
    rig.release();
    assertThat(caller.replies).isEmpty();
  }

  @Test
  void shouldTellARefusalAtOnceBesideWhatIsUnderWay() {
    stream.onNext(frame(1, ByteString.EMPTY));
    EnqueueFrame.Builder wrong = frame(1, ByteString.EMPTY).toBuilder();
    wrong.getRequestsBuilder(0).setQueue("");
    stream.onNext(wrong.build());
    assertThat(replies()).hasSize(1).allMatch(EnqueueReply::hasRefusal);
    rig.release();
    assertThat(replies().stream().map(EnqueueReply::getNumber)).containsExactly(2L, 1L);
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
