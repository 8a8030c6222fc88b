package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ChunkSizerTest {
  private final ChunkSizer sizer = new ChunkSizer(0);

  @Test
  void shouldBeginWithOneItemAndGrowByStepsToAQuarterOfASecond() {
    assertThat(sizer.size()).isEqualTo(1);
    sizer.ran(1, 1_000, 10);
    assertThat(sizer.size()).isEqualTo(4);
    for (int i = 0; i < 10; i++) {
      sizer.ran(sizer.size(), sizer.size() * 1_000L, 10L * sizer.size());
    }
    assertThat(sizer.size()).isEqualTo(250);
  }

  @Test
  void shouldGrowOnceForAllChunksOfTheSameSizeThatWereUnderWay() {
    sizer.ran(1, 10, 10);
    for (int i = 0; i < 20; i++) {
      sizer.ran(1, 10, 10);
    }
    assertThat(sizer.size()).isEqualTo(4);
  }

  @Test
  void shouldNotGrowBeyondTheMostItemsOfAChunk() {
    for (int i = 0; i < 20; i++) {
      sizer.ran(sizer.size(), 1, sizer.size());
    }
    assertThat(sizer.size()).isEqualTo(MapOptions.CHUNK_ITEMS_MAX);
  }

  @Test
  void shouldShrinkAtOnceWhenItemsTakeLonger() {
    for (int i = 0; i < 20; i++) {
      sizer.ran(sizer.size(), 1, sizer.size());
    }
    sizer.ran(4_096, 4_096 * 100_000L, 4_096);
    assertThat(sizer.size()).isLessThanOrEqualTo(5);
    sizer.ran(5, 5 * 2_000_000L, 5);
    assertThat(sizer.size()).isEqualTo(1);
  }

  @Test
  void shouldTakeFewerItemsWhenTheirResultsAreLarge() {
    for (int i = 0; i < 20; i++) {
      sizer.ran(sizer.size(), 1, sizer.size() * 64L * 1_024);
    }
    assertThat(sizer.size()).isEqualTo(4);
  }

  @Test
  void shouldStayAsItWasGiven() {
    ChunkSizer fixed = new ChunkSizer(7);
    fixed.ran(7, 10_000_000, 10);
    assertThat(fixed.size()).isEqualTo(7);
    assertThat(fixed.isAutomatic()).isFalse();
  }
}
