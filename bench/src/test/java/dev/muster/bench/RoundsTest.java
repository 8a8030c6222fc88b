package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is made of runs in turn. */
final class RoundsTest {
  private static Rounds.Variant variant(Long... perSecond) {
    return new Rounds.Variant(0, List.of(perSecond), Map.of());
  }

  @Test
  void shouldCompareEachRoundWithItsOwn() {
    // The machine becomes slower: of the medians, 300 and 210, the ratio would be 0.7.
    Rounds.Variant base = variant(400L, 300L, 200L);
    assertThat(variant(360L, 210L, 180L).ratioTo(base)).isEqualTo(0.9);
  }

  @Test
  void shouldRunInTheOppositeOrderEveryOtherTime() {
    StringBuilder order = new StringBuilder();
    Rounds.inTurn(List.of("a", "b", "c"), 3, () -> order.append(' '), order::append);
    assertThat(order.toString()).isEqualTo(" abc cba abc");
  }
}
