package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.ResultPolicy;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    assertThat(master.requests).as("requests for %s tasks", ROUND).isLessThan(60);
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
    assertThat(master.requests).as("requests for %s tasks", ROUND).isLessThan(QUEUES + 10);
    assertThat(master.frames).as("messages for %s tasks", ROUND).isLessThan(20);
    assertThat(master.payloads).hasSize(QUEUES);
    master.payloads.forEach(
        (queue, payloads) ->
            assertThat(payloads.stream().map(bytes -> bytes.asReadOnlyByteBuffer().getInt()))
                .as(queue)
                .hasSize(ROUND / QUEUES)
                .isSorted());
  }
}
