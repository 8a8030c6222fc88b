package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsageTest {
  /** Its name is chosen to be mistaken for fields. */
  private static final String STAT =
      "42 (a) R 1 b) S 1 42 42 0 -1 4194560 100 200 0 0 70 30 5 2 20 0 1 0 100 1000 10 0";

  @Test
  void shouldCountUserAndSystemTimeAlsoOfChildrenThatHaveEnded() {
    assertThat(Usage.cpuTicks(STAT)).isEqualTo(70 + 30 + 5 + 2);
  }

  @Test
  void shouldMakeOfItWhatALifeCosts() {
    Turn turn = Turn.of(2_000, 500_000_000, 300, 100, 64);

    assertThat(turn).isEqualTo(new Turn(4_000, 150, 50, 64));
  }
}
