package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.common.ChunkTypes;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker that drains ends a chunk with the item that runs, and gives the rest to others. */
@Timeout(60)
final class WorkerDrainedChunkTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger ran = new AtomicInteger();

  @AfterEach
  void close() {
    release.countDown();
    master.close();
  }

  private void offer(String handler) {
    Chunk.Builder chunk = Chunk.newBuilder().setIndex(3);
    for (String item : new String[] {"1", "2", "3"}) {
      chunk.addItems(ByteString.copyFromUtf8(item));
    }
    master.offer(
        handler,
        offer -> {
          offer.getOptionsBuilder().setContentType(ChunkTypes.CHUNK);
          offer.setPayloads(0, chunk.build().toByteString());
        },
        9);
  }

  private static void drain(Worker worker) {
    Thread thread = new Thread(() -> worker.drain(LONG));
    thread.setDaemon(true);
    thread.start();
  }

  private void assertThatTheRestGoesToOthers() throws Exception {
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedIdsList()).containsExactly(9L);
    ChunkResult result = ChunkResult.parseFrom(settlement.getResults(0));
    assertThat(result.getPlacesList()).containsExactly(0);
    assertThat(result.getRan()).isEqualTo(1);
    assertThat(rest(settlement).getPlacesList()).containsExactly(1, 2);
    assertThat(rest(settlement).getItems(0).toStringUtf8()).isEqualTo("2");
  }

  private static Chunk rest(Settlement settlement) throws InvalidProtocolBufferException {
    return Chunk.parseFrom(settlement.getFollowUps(0).getTasks().getPayloads(0));
  }

  @Test
  void shouldEndAChunkWithTheItemThatRuns() throws Exception {
    Worker worker =
        master.start(
            master
                .worker()
                .handle(
                    "wait",
                    Integer.class,
                    n -> {
                      ran.incrementAndGet();
                      begun.countDown();
                      release.await();
                      return n;
                    }));
    var unused = master.welcome(false, 0);
    offer("wait");
    begun.await();
    drain(worker);
    unused = master.await(WorkerFrame::getDraining);
    release.countDown();
    assertThatTheRestGoesToOthers();
    assertThat(ran).hasValue(1);
  }

  @Test
  void shouldEndAChunkWithTheItemThatRunsInAProcess() throws Exception {
    Worker worker = master.start(IsolatedHandlers.addTo(master.worker()));
    var unused = master.welcome(false, 0);
    offer("UntilDrained");
    unused = master.await(frame -> frame.getLogLinesCount() > 0);
    drain(worker);
    assertThatTheRestGoesToOthers();
  }
}
