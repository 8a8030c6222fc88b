package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ResultPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a task costs the client that puts it, in bytes allocated and in requests: what can be
 * counted, and so does not depend on the machine. All runs on this one thread; gRPC and what it
 * writes are not counted.
 */
final class EnqueueCostTest {
  private static final int PAYLOAD_BYTES = 100;
  private static final int ROUND = 10_000;
  private static final int QUEUES = 100;

  /** Measured: 164, of which the payload's copy is 140. */
  private static final long BYTES_MAX = 220;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final EnqueuePipeline pipeline = new EnqueuePipeline(RequestWindow.ofNewSession());
  private final StillMaster master = new StillMaster();

  private EnqueueStream<byte[]> stream(String queue) {
    TaskSpec spec =
        TaskSpec.of(queue, Codecs.bytes().contentType(), ResultPolicy.RESULT_POLICY_DROP);
    return new EnqueueStream<>(pipeline, spec, Codecs.bytes(), Duration.ofSeconds(10));
  }

  private void connect() {
    EnqueueConnection.open(master, pipeline, (connection, reason, hadReply) -> {});
  }

  /** The master answers now and then: tasks gather meanwhile, as they do under load. */
  private void put(EnqueueStream<byte[]> stream, byte[] payload) {
    for (int i = 0; i < ROUND; i++) {
      stream.add(payload);
      if (i % 1_000 == 0) {
        master.answerAll();
      }
    }
    master.answerAll();
    stream.flush();
  }

  @Test
  void shouldAllocateLittleForATask() {
    connect();
    EnqueueStream<byte[]> stream = stream("tasks");
    byte[] payload = new byte[PAYLOAD_BYTES];
    for (int i = 0; i < 20; i++) {
      put(stream, payload);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10; i++) {
      put(stream, payload);
    }
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(stream.durable()).isEqualTo(30L * ROUND);
    assertThat(bytes / (10 * ROUND)).as("bytes for a task").isLessThan(BYTES_MAX);
  }

  @Test
  void shouldSendFewRequestsForManyTasks() {
    connect();
    put(stream("tasks"), new byte[PAYLOAD_BYTES]);
    // A request goes at once while few are unanswered, or when 64 KiB have gathered.
    assertThat(master.requests()).as("requests for %s tasks", ROUND).isLessThan(60);
  }

  @Test
  void shouldSendFewRequestsForTasksThatGoToManyQueuesInTurn() {
    connect();
    List<EnqueueStream<byte[]>> streams = new ArrayList<>();
    for (int queue = 0; queue < QUEUES; queue++) {
      streams.add(stream("tasks" + queue));
    }
    for (int i = 0; i < ROUND; i++) {
      streams.get(i % QUEUES).add(ByteBuffer.allocate(Integer.BYTES).putInt(i).array());
    }
    master.answerAll();
    streams.forEach(EnqueueStream::flush);
    assertThat(master.requests()).as("requests for %s tasks", ROUND).isLessThan(QUEUES + 10);
    assertThat(master.payloads).hasSize(QUEUES);
    master.payloads.forEach(
        (queue, payloads) ->
            assertThat(payloads.stream().map(bytes -> bytes.asReadOnlyByteBuffer().getInt()))
                .as(queue)
                .hasSize(ROUND / QUEUES)
                .isSorted());
  }

  /** The other end of the stream, on the caller's thread: it answers when it is told to. */
  private static final class StillMaster extends Channel {
    private final Deque<EnqueueRequest> waiting = new ArrayDeque<>();
    private ClientCall.Listener<EnqueueReply> replies = new ClientCall.Listener<>() {};
    private final Map<String, List<ByteString>> payloads = new HashMap<>();
    private int requests;
    private long lastId;

    int requests() {
      return requests;
    }

    void answerAll() {
      for (EnqueueRequest next = waiting.poll(); next != null; next = waiting.poll()) {
        EnqueueReply reply =
            EnqueueReply.newBuilder()
                .setNumber(next.getRequest().getNumber())
                .setFirstId(lastId + 1)
                .setCount(next.getPayloadsCount())
                .build();
        lastId += next.getPayloadsCount();
        replies.onMessage(reply);
      }
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new ClientCall<>() {
        @Override
        @SuppressWarnings("unchecked") // the client opens this one kind of call only
        public void start(Listener<R> listener, Metadata headers) {
          replies = (Listener<EnqueueReply>) listener;
        }

        @Override
        public void sendMessage(Q message) {
          requests++;
          EnqueueRequest request = (EnqueueRequest) message;
          waiting.add(request);
          payloads
              .computeIfAbsent(request.getQueue(), queue -> new ArrayList<>())
              .addAll(request.getPayloadsList());
        }

        @Override
        public boolean isReady() {
          return true;
        }

        @Override
        public void request(int count) {}

        @Override
        public void cancel(String message, Throwable cause) {}

        @Override
        public void halfClose() {}
      };
    }

    @Override
    public String authority() {
      return "none";
    }
  }
}
