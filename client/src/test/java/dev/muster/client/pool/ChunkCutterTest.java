package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.client.pool.ChunkCutter.Batch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ChunkCutterTest {
  private static final ByteString ITEM = ByteString.copyFromUtf8("x");
  private static final ByteString LARGE = ByteString.copyFrom(new byte[200 << 10]);
  private final ChunkCutter cutter = new ChunkCutter(3);

  @Test
  void shouldSealAChunkThatIsFull() {
    assertThat(cutter.add(ITEM, 0)).isFalse();
    assertThat(cutter.add(ITEM, 0)).isFalse();
    assertThat(cutter.hasNext(true)).isFalse();
    assertThat(cutter.add(ITEM, 0)).isTrue();
    assertThat(cutter.hasNext(false)).as("the window is full").isFalse();
    assertThat(cutter.hasNext(true)).isTrue();
    assertThat(cutter.next().items).hasSize(3);
    assertThat(cutter.hasNext(true)).isFalse();
  }

  @Test
  void shouldSealAChunkBeforeAnItemThatMakesItTooLarge() {
    assertThat(cutter.makeWayFor(LARGE)).as("an item of its own may be of any size").isFalse();
    assertThat(cutter.add(LARGE, 0)).isFalse();
    assertThat(cutter.makeWayFor(LARGE)).isTrue();
    assertThat(cutter.next().bytes).isEqualTo(LARGE.size());
  }

  @Test
  void shouldSealWhatWaitsForASlowInput() {
    assertThat(cutter.add(ITEM, 0)).isFalse();
    cutter.sealOld(TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(cutter.hasNext(true)).isFalse();
    cutter.sealOld(TimeUnit.MILLISECONDS.toNanos(101));
    assertThat(cutter.hasNext(true)).isTrue();
  }

  @Test
  void shouldTakeNoMoreWhenEnoughIsCut() {
    for (int i = 0; i < 6; i++) {
      assertThat(cutter.hasRoom()).isTrue();
      var unused = cutter.add(ITEM, 0);
    }
    assertThat(cutter.hasRoom()).isFalse();
  }

  @Test
  void shouldBeUsedUpWhenTheInputHasEndedAndAllIsTaken() {
    var unused = cutter.add(ITEM, 0);
    cutter.inputEnded();
    assertThat(cutter.isUsedUp()).isFalse();
    assertThat(cutter.next().items).hasSize(1);
    assertThat(cutter.isUsedUp()).isTrue();
    assertThat(cutter.isInputCut()).isFalse();
  }

  @Test
  void shouldSendAChunkAgainThoughTheWindowIsFull() {
    Batch again = new Batch();
    again.chunk = new WindowChunk(0, 0, 1, 10);
    cutter.addAgain(again);
    assertThat(cutter.hasNext(false)).isTrue();
    assertThat(cutter.next()).isSameAs(again);
    cutter.inputCut();
    assertThat(cutter.isUsedUp()).isTrue();
    assertThat(cutter.isInputCut()).isTrue();
  }
}
