package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.MapWindow.HandOut;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.MapRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MapWindowTest {
  private final MapWindow window = new MapWindow(true);

  @Test
  void shouldPlanABoundedNumberOfChunksAndMoreWhenOnesEnd() {
    // given
    int planned = 0;
    while (window.hasRoom()) {
      window.plan(1, 10);
      planned++;
    }
    assertThat(planned).isEqualTo(16);
    // when
    receive(3, null, "x");
    // then: one place is free, although nothing was delivered yet
    assertThat(window.hasRoom()).isTrue();
    window.plan(1, 10);
    assertThat(window.hasRoom()).isFalse();
  }

  @Test
  void shouldPlanMoreForMoreSlotsAndLessForLargeItems() {
    window.slots(20);
    for (int i = 0; i < 88; i++) {
      assertThat(window.hasRoom()).isTrue();
      window.plan(1, 10);
    }
    assertThat(window.hasRoom()).isFalse();
    MapWindow large = new MapWindow(true);
    large.plan(1, 4 << 20);
    large.plan(1, 4 << 20);
    assertThat(large.hasRoom()).isFalse();
  }

  @Test
  void shouldHoldBoundedBytesOfResultsThatNobodyReads() {
    int chunks = 0;
    while (window.hasRoom()) {
      window.plan(1, 10);
      receive(chunks++, null, "x".repeat(1 << 20));
    }
    assertThat(chunks).isEqualTo(8);
    for (int i = 0; i < chunks; i++) {
      assertThat(window.next()).isNotNull();
      window.deliverLast();
    }
    assertThat(window.hasRoom()).isTrue();
    assertThat(window.isEmpty()).isTrue();
  }

  @Test
  void shouldHandOutInOrderAndEachItemOnce() {
    window.plan(2, 10);
    window.plan(1, 10);
    receive(1, null, "c");
    assertThat(window.next()).isNull();
    receive(0, null, "a", "b");
    receive(0, null, "again", "again");
    assertThat(drain()).containsExactly("a", "b", "c");
    assertThat(window.next()).isNull();
  }

  @Test
  void shouldReleaseLeasesOnlyWhenTheirChunkIsDelivered() {
    window.plan(2, 10);
    Leased lease = new Leased(5, 1, ByteString.EMPTY);
    receive(0, lease, "a", "b");
    var first = window.next();
    assertThat(first).isNotNull();
    var second = window.next();
    assertThat(second).isNotNull();
    assertThat(window.takeReleased()).isEmpty();
    window.deliverHandedOut();
    assertThat(window.takeReleased()).containsExactly(lease);
  }

  @Test
  void shouldTakeAResultAgainWhoseLeaseRanOut() {
    window.plan(1, 10);
    receive(0, new Leased(5, 1, ByteString.EMPTY), "a");
    Leased later = new Leased(5, 2, ByteString.EMPTY);
    receive(0, later, "a");
    assertThat(drain()).containsExactly("a");
    assertThat(window.takeReleased()).containsExactly(later);
    // and one that comes when all is delivered is only acknowledged
    Leased last = new Leased(5, 3, ByteString.EMPTY);
    receive(0, last, "a");
    assertThat(drain()).isEmpty();
    assertThat(window.takeReleased()).containsExactly(last);
  }

  @Test
  void shouldFailWhatIsMissingWhenTheLastTaskOfAChunkHasEnded() {
    // given: of two items one is to come by a follow-up
    WindowChunk chunk = window.plan(2, 10);
    window.receive(
        ChunkResult.newBuilder()
            .addValues(ByteString.copyFromUtf8("a"))
            .addPlaces(0)
            .addFollowUps("k")
            .build(),
        null);
    // when
    window.fail(chunk, "k", Failure.newBuilder().setKind("Dead").build());
    // then
    assertThat(drain()).containsExactly("a", "Dead");
    assertThat(window.failed()).isEqualTo(1);
  }

  @Test
  void shouldTakeResultsOfAChunkInWhateverOrderTheyCome() {
    window.plan(2, 10);
    window.receive(
        ChunkResult.newBuilder()
            .setKey("k")
            .addValues(ByteString.copyFromUtf8("b"))
            .addPlaces(1)
            .build(),
        null);
    assertThat(window.failed()).isZero();
    window.receive(
        ChunkResult.newBuilder()
            .addValues(ByteString.copyFromUtf8("a"))
            .addPlaces(0)
            .addFollowUps("k")
            .build(),
        null);
    assertThat(drain()).containsExactly("a", "b");
  }

  @Test
  void shouldGiveThePlaceOfAChunkThatWaitsForAnotherAttemptToOthers() {
    while (window.hasRoom()) {
      window.plan(2, 10);
    }
    window.receive(
        ChunkResult.newBuilder().setIndex(3).setRetried(2).addFollowUps("k").build(), null);
    assertThat(window.hasRoom()).isTrue();
  }

  @Test
  void shouldGoOnFromItsRecordWithWhatWasNotDelivered() {
    // given
    window.plan(2, 10);
    window.plan(3, 10);
    receive(0, null, "a", "b");
    receive(1, null, "c", "d", "e");
    for (int i = 0; i < 3; i++) {
      assertThat(window.next()).isNotNull();
    }
    window.deliverHandedOut();
    MapRecord.Builder record = MapRecord.newBuilder();
    window.writeTo(record);
    // when
    MapWindow later = new MapWindow(true);
    later.restore(record.build());
    // then
    assertThat(record.getDelivered()).isEqualTo(3);
    assertThat(later.items()).isEqualTo(5);
    assertThat(later.received()).isEqualTo(3);
    later.receive(result(1, "c", "d", "e"), null);
    assertThat(drain(later)).containsExactly("d", "e");
    MapRecord.Builder last = MapRecord.newBuilder();
    later.writeTo(last);
    assertThat(last.getDelivered()).isEqualTo(5);
    assertThat(last.getWindowList()).isEmpty();
  }

  private void receive(long chunk, @Nullable Leased lease, String... values) {
    var unused = window.receive(result(chunk, values), lease);
  }

  private static ChunkResult result(long chunk, String... values) {
    ChunkResult.Builder result = ChunkResult.newBuilder().setIndex(chunk);
    IntStream.range(0, values.length)
        .forEach(i -> result.addValues(ByteString.copyFromUtf8(values[i])));
    return result.build();
  }

  private List<String> drain() {
    return drain(window);
  }

  private static List<String> drain(MapWindow window) {
    List<String> values = new ArrayList<>();
    for (HandOut next = window.next(); next != null; next = window.next()) {
      Failure failure = next.part().failures().get(next.entry());
      values.add(
          failure == null
              ? next.part().result().getValues(next.entry()).toStringUtf8()
              : failure.getKind());
      window.deliverLast();
    }
    window.deliverLast();
    return values;
  }
}
