package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.common.ChunkTypes;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Settlement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A chunk that brought a worker down: its items are told apart, so that only one of them fails. */
@Timeout(60)
final class WorkerPoisonedChunkTest {
  private final FakeMaster master = new FakeMaster();
  private final AtomicInteger ran = new AtomicInteger();

  @BeforeEach
  void start() throws InterruptedException {
    master.start(
        master
            .worker()
            .handle(
                "square",
                Integer.class,
                n -> {
                  ran.incrementAndGet();
                  return n * n;
                }));
    master.welcome(false, 0);
  }

  @AfterEach
  void close() {
    master.close();
  }

  private Settlement settle(Chunk chunk, Consumer<Offer.Builder> change)
      throws InterruptedException {
    master.offer(
        "square",
        offer -> {
          offer.getOptionsBuilder().setContentType(ChunkTypes.CHUNK).setRunLimitMs(90_000);
          offer.setPayloads(0, chunk.toByteString());
          change.accept(offer);
        },
        9);
    return master.settle();
  }

  private static Chunk chunk(int items) {
    Chunk.Builder chunk = Chunk.newBuilder().setIndex(3).setMap("m").setMaxAttempts(2);
    for (int i = 0; i < items; i++) {
      chunk.addItems(ByteString.copyFromUtf8(Integer.toString(i)));
    }
    return chunk.build();
  }

  private static ChunkResult result(Settlement settlement) throws InvalidProtocolBufferException {
    assertThat(settlement.getFailedList()).isEmpty();
    return ChunkResult.parseFrom(settlement.getResults(0));
  }

  private static List<Chunk> followUps(Settlement settlement)
      throws InvalidProtocolBufferException {
    List<Chunk> chunks = new ArrayList<>();
    for (var followUp : settlement.getFollowUpsList()) {
      chunks.add(Chunk.parseFrom(followUp.getTasks().getPayloads(0)));
    }
    return chunks;
  }

  @Test
  void shouldPartAChunkThatCrashedAndRunNoneOfIt() throws Exception {
    Settlement settlement = settle(chunk(20), offer -> offer.addCrashes(1));

    assertThat(ran).hasValue(0);
    ChunkResult result = result(settlement);
    assertThat(result.getValuesList()).isEmpty();
    assertThat(result.getRan()).isZero();
    assertThat(result.getRetried()).isZero();
    List<Chunk> parts = followUps(settlement);
    assertThat(parts).extracting(Chunk::getItemsCount).containsExactly(3, 3, 3, 3, 3, 3, 2);
    assertThat(parts.stream().flatMap(part -> part.getPlacesList().stream()))
        .containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
    assertThat(parts.get(1).getItems(0).toStringUtf8()).isEqualTo("3");
    assertThat(parts).extracting(Chunk::getKey).isEqualTo(result.getFollowUpsList());
  }

  @Test
  void shouldKeepWhatTheChunkSaysOfItsItemsAndOfItsMap() throws Exception {
    Chunk chunk =
        chunk(2).toBuilder().addAllPlaces(List.of(7, 9)).addAllFailures(List.of(0, 1)).build();
    Settlement settlement = settle(chunk, offer -> offer.addCrashes(1));

    Chunk second = followUps(settlement).get(1);
    assertThat(second.getPlacesList()).containsExactly(9);
    assertThat(second.getFailuresList()).containsExactly(1);
    assertThat(second.getIndex()).isEqualTo(3);
    assertThat(second.getMap()).isEqualTo("m");
    assertThat(second.getMaxAttempts()).isEqualTo(2);
    EnqueueRequest request = settlement.getFollowUps(1).getTasks();
    assertThat(request.getOptions().getRunLimitMs()).isEqualTo(90_000);
    assertThat(request.getDelayMs()).isZero();
  }

  @Test
  void shouldPartAChunkThatWasTriedBefore() throws Exception {
    Settlement settlement = settle(chunk(2), offer -> offer.addAttempts(2));
    assertThat(ran).hasValue(0);
    assertThat(followUps(settlement)).hasSize(2);
  }

  @Test
  void shouldRunAnItemThatIsAloneWhateverBecameOfItBefore() throws Exception {
    Settlement settlement = settle(chunk(1), offer -> offer.addAttempts(3).addCrashes(2));
    assertThat(ran).hasValue(1);
    assertThat(result(settlement).getValues(0).toStringUtf8()).isEqualTo("0");
    assertThat(settlement.getFollowUpsList()).isEmpty();
  }
}
