package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SteadyBenchTest {
  @Test
  void shouldWarmUpHalfAtTheRateWhenThatIsSoon() {
    assertThat(SteadyBench.warmUpAtRate(4_000_000, 50_000)).isEqualTo(2_000_000);
  }

  @Test
  void shouldWarmUpForAMinuteAtMostWhenTheRateIsLow() {
    assertThat(SteadyBench.warmUpAtRate(1_000_000, 100)).isEqualTo(6_000);
  }
}
