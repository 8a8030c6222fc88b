package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Refusal;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.ResultPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which requests travel together, and what becomes of each. */
final class EnqueueFramesTest {
  private final EnqueuePipeline pipeline = new EnqueuePipeline(RequestWindow.ofNewSession());
  private final StillMaster master = new StillMaster();
  private final List<Throwable> ends = new ArrayList<>();

  private EnqueueStream<byte[]> stream(String queue) {
    TaskSpec spec =
        TaskSpec.of(queue, Codecs.bytes().contentType(), ResultPolicy.RESULT_POLICY_DROP);
    return new EnqueueStream<>(pipeline, spec, Codecs.bytes(), Duration.ofSeconds(10));
  }

  private void connect() {
    EnqueueConnection.open(
        master,
        pipeline,
        (connection, reason, hadReply) -> {
          ends.add(reason);
          pipeline.disconnected(connection);
        });
  }

  /** What comes next gathers until the master answers. */
  @BeforeEach
  void leaveTwoFramesUnanswered() {
    connect();
    stream("first").add(new byte[1]);
    stream("first").add(new byte[1]);
    assertThat(master.waiting).hasSize(2);
  }

  private static List<String> queues(EnqueueFrame frame) {
    return frame.getRequestsList().stream().map(EnqueueRequest::getQueue).toList();
  }

  @Test
  void shouldSendTogetherWhatGatheredForManyQueues() {
    stream("a").add(new byte[1]);
    stream("b").add(new byte[1]);
    stream("a").add(new byte[1]);
    stream("c").add(new byte[1]);
    master.answerOne();
    master.answerOne();
    assertThat(master.waiting).hasSize(1);
    assertThat(queues(master.waiting.element())).containsExactly("a", "b", "c");
  }

  @Test
  void shouldKeepLargeRequestsApart() {
    List<EnqueueStream<byte[]>> streams = new ArrayList<>();
    for (String queue : List.of("a", "b", "large", "c", "larger", "d", "e")) {
      EnqueueStream<byte[]> stream = stream(queue);
      stream.add(new byte[queue.startsWith("large") ? 1 << 20 : 100]);
      streams.add(stream);
    }
    master.answerOne();
    assertThat(master.waiting.stream().skip(1).map(EnqueueFramesTest::queues))
        .containsExactly(
            List.of("a", "b"),
            List.of("large"),
            List.of("c"),
            List.of("larger"),
            List.of("d", "e"));
    master.answerAll();
    streams.forEach(EnqueueStream::flush);
    assertThat(streams).allMatch(stream -> stream.durable() == 1);
  }

  @Test
  void shouldTellTheOthersWhenOneOfAMessageIsToBeTriedLater() {
    EnqueueStream<byte[]> taken = stream("taken");
    EnqueueStream<byte[]> later = stream("later");
    EnqueueStream<byte[]> wrong = stream("wrong");
    taken.add(new byte[1]);
    later.add(new byte[1]);
    wrong.add(new byte[1]);
    master.answerOne();
    master.answerOne();
    EnqueueFrame frame = master.waiting.element();
    assertThat(queues(frame)).containsExactly("taken", "later", "wrong");
    master.answer(
        answer(frame, 0).setFirstId(7).setCount(1).build(),
        refusal(frame, 1, RefusalReason.REFUSAL_REASON_OVERLOADED),
        refusal(frame, 2, RefusalReason.REFUSAL_REASON_QUEUE_FULL));
    taken.flush();
    assertThat(taken.durable()).isEqualTo(1);
    assertThatThrownBy(wrong::flush).hasMessageContaining("no");
    assertThat(ends).hasSize(1);
    assertThat(master.waiting).isEmpty();
    connect();
    assertThat(master.waiting).hasSize(1);
    assertThat(master.waiting.element().getRequestsList()).containsExactly(frame.getRequests(1));
    master.answerAll();
    later.flush();
    assertThat(later.durable()).isEqualTo(1);
  }

  private static EnqueueReply.Builder answer(EnqueueFrame frame, int index) {
    return EnqueueReply.newBuilder().setNumber(frame.getRequests(index).getRequest().getNumber());
  }

  private static EnqueueReply refusal(EnqueueFrame frame, int index, RefusalReason reason) {
    return answer(frame, index)
        .setRefusal(Refusal.newBuilder().setReason(reason).setMessage("no"))
        .build();
  }
}
