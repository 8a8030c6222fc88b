package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Settlement;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Chunks of a map: one task, the handler once for each item. */
@Timeout(60)
final class WorkerChunkTest {
  private static final int NEVER_MS = 3_600_000;

  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final AtomicInteger ran = new AtomicInteger();
  private final LinkedBlockingQueue<Integer> attempts = new LinkedBlockingQueue<>();

  /** What a handler may return that JSON has no form for. */
  static final class Closed {
    public Object getSelf() {
      return new Object();
    }
  }

  @AfterEach
  void close() {
    master.close();
  }

  private void start() throws InterruptedException {
    master.start(
        master
            .worker()
            .handle(
                "square",
                Integer.class,
                (n, context) -> {
                  ran.incrementAndGet();
                  attempts.add(context.attempt());
                  return switch (n) {
                    case 13 -> throw new IllegalStateException("unlucky");
                    case 14 -> throw new NonRetryableException("final", null);
                    case 15 -> new Closed();
                    case 16 -> throw new StackOverflowError("deep");
                    case 17 -> {
                      context.enqueue(FollowUp.to("mail", "send").payload(n));
                      yield n;
                    }
                    default -> n * n;
                  };
                })
            .handle(
                "wait",
                Integer.class,
                (n, context) -> {
                  ran.incrementAndGet();
                  CountDownLatch stopped = new CountDownLatch(1);
                  context.onCancel(stopped::countDown);
                  begun.countDown();
                  stopped.await();
                  return n;
                })
            .handle(
                "sleepy",
                Integer.class,
                n -> {
                  if (n == 1) {
                    new CountDownLatch(1).await(); // until it is interrupted
                  }
                  return Thread.currentThread().isInterrupted();
                })
            .handle("large", Integer.class, n -> new byte[n]));
    master.welcome(false, 0);
  }

  private static Chunk.Builder chunk(int... items) {
    Chunk.Builder chunk =
        Chunk.newBuilder().setIndex(3).setBackoffMinMs(100).setBackoffMaxMs(1_000);
    for (int item : items) {
      chunk.addItems(ByteString.copyFromUtf8(Integer.toString(item)));
    }
    return chunk;
  }

  private void offer(String handler, Chunk.Builder chunk, long id) {
    master.offer(
        handler,
        offer -> {
          offer.getOptionsBuilder().setContentType("application/vnd.muster.chunk");
          offer.setPayloads(0, chunk.build().toByteString());
        },
        id);
  }

  private static ChunkResult result(Settlement settlement) {
    assertThat(settlement.getFailedList()).isEmpty();
    assertThat(settlement.getResultContentType()).isEqualTo("application/vnd.muster.chunk-result");
    try {
      return ChunkResult.parseFrom(settlement.getResults(0));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static Chunk followUp(Settlement settlement, int number) {
    EnqueueRequest request = settlement.getFollowUps(number).getTasks();
    try {
      return Chunk.parseFrom(request.getPayloads(0));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldRunTheHandlerOnceForEachItemAndAnswerWithOneResult() throws InterruptedException {
    start();
    offer("square", chunk(1, 2, 3), 9);
    ChunkResult result = result(master.settle());
    assertThat(result.getIndex()).isEqualTo(3);
    assertThat(result.getValuesList())
        .extracting(ByteString::toStringUtf8)
        .containsExactly("1", "4", "9");
    assertThat(result.getPlacesList()).isEmpty();
    assertThat(result.getAttemptsList()).isEmpty();
    assertThat(result.getRan()).isEqualTo(3);
    assertThat(result.getWorker()).contains("@").endsWith(":" + ProcessHandle.current().pid());
  }

  @Test
  void shouldNotStopAtItemsThatFailAndSayWhy() throws InterruptedException {
    start();
    offer("square", chunk(13, 15, 16, 2), 9);
    Settlement settlement = master.settle();
    ChunkResult result = result(settlement);
    assertThat(result.getValues(3).toStringUtf8()).isEqualTo("4");
    assertThat(result.getFailuresList()).extracting("entry").containsExactly(0, 1, 2);
    assertThat(result.getFailures(0).getFailure().getKind())
        .isEqualTo("java.lang.IllegalStateException");
    assertThat(result.getFailures(0).getFailure().getDetail()).contains("WorkerChunkTest");
    assertThat(result.getFailures(1).getFailure().getMessage())
        .contains("the result of handler \"square\", a " + Closed.class.getName(), "at self");
    assertThat(result.getFailures(2).getFailure().getKind())
        .isEqualTo("java.lang.StackOverflowError");
    assertThat(settlement.getFollowUpsList()).isEmpty();
  }

  @Test
  void shouldEnqueueWhatIsToBeTriedAgainWithTheCompletion() throws InterruptedException {
    // given: 13 fails for the second time, 14 for good
    start();
    offer(
        "square",
        chunk(1, 13, 14)
            .setMaxAttempts(3)
            .addAllPlaces(List.of(4, 5, 6))
            .addAllFailures(List.of(0, 1, 0)),
        9);
    // when
    Settlement settlement = master.settle();
    // then
    ChunkResult result = result(settlement);
    assertThat(result.getPlacesList()).containsExactly(4, 6);
    assertThat(result.getFailuresList()).extracting("entry").containsExactly(1);
    assertThat(result.getRetried()).isEqualTo(1);
    assertThat(result.getFollowUpsList()).containsExactly("chunk-of/9/0");
    EnqueueRequest request = settlement.getFollowUps(0).getTasks();
    assertThat(settlement.getFollowUps(0).getId()).isEqualTo(9);
    assertThat(request.getUniqueKeysList()).containsExactly("chunk-of/9/0");
    assertThat(request.getOptions().getHandler()).isEqualTo("square");
    assertThat(request.getDelayMs()).isEqualTo(200);
    Chunk again = followUp(settlement, 0);
    assertThat(again.getItemsList()).extracting(ByteString::toStringUtf8).containsExactly("13");
    assertThat(again.getPlacesList()).containsExactly(5);
    assertThat(again.getFailuresList()).containsExactly(2);
    assertThat(again.getMaxAttempts()).isEqualTo(3);
    assertThat(again.getKey()).isEqualTo("chunk-of/9/0");
    assertThat(attempts).containsExactly(1, 2, 1);
  }

  @Test
  void shouldEnqueueTheRestWhenResultsAreManyBytes() throws InterruptedException {
    start();
    offer("large", chunk(600_000, 1, 2), 9);
    Settlement settlement = master.settle();
    assertThat(result(settlement).getPlacesList()).containsExactly(0);
    Chunk rest = followUp(settlement, 0);
    assertThat(rest.getPlacesList()).containsExactly(1, 2);
    assertThat(settlement.getFollowUps(0).getTasks().getDelayMs()).isZero();
  }

  @Test
  void shouldKeepWhatItemsEnqueueAndDropThatOfNone() throws InterruptedException {
    start();
    offer("square", chunk(17, 13), 9);
    Settlement settlement = master.settle();
    assertThat(settlement.getFollowUpsList()).hasSize(1);
    assertThat(settlement.getFollowUps(0).getTasks().getQueue()).isEqualTo("mail");
  }

  @Test
  void shouldStopBetweenItemsWhenCalledOff() throws InterruptedException {
    start();
    offer("wait", chunk(1, 2, 3), 9);
    begun.await();
    master.stop(9, NEVER_MS, NEVER_MS);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(9L);
    assertThat(ran).hasValue(1);
  }

  @Test
  void shouldInterruptAnItemThatRunsTooLongAndNotTheNextOne() throws InterruptedException {
    start();
    offer("sleepy", chunk(1, 2).setItemLimitMs(20), 9);
    ChunkResult result = result(master.settle());
    assertThat(result.getFailures(0).getFailure().getKind()).isEqualTo("muster.Overrun");
    assertThat(result.getFailures(0).getFailure().getMessage())
        .isEqualTo("the item ran longer than its limit of 20 ms");
    assertThat(result.getValues(1).toStringUtf8()).isEqualTo("false");
  }

  @Test
  void shouldFailWhatIsNoChunk() throws InterruptedException {
    start();
    offer("square", chunk(1, 2).addPlaces(1), 9);
    assertThat(master.settle().getFailedList())
        .extracting(failed -> failed.getFailure().getKind())
        .containsExactly("muster.BrokenChunk");
  }
}
