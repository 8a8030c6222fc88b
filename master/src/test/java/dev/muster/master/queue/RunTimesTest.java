package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RunTimesTest {
  private final RunTimes times = new RunTimes();

  private void add(int count, long runUs) {
    for (int i = 0; i < count; i++) {
      times.add(runUs);
    }
  }

  @Test
  void shouldSayLongUntilManyHaveRun() {
    assertThat(times.averageUs()).isEqualTo(1_024);
    add(100, 1);
    assertThat(times.averageUs()).isEqualTo(1_024);
  }

  @Test
  void shouldComeDownToWhatTasksTake() {
    add(20_000, 100);
    assertThat(times.averageUs()).isEqualTo(128);
    add(20_000, 1);
    assertThat(times.averageUs()).isEqualTo(1);
    add(20_000, 0);
    assertThat(times.averageUs()).isEqualTo(1);
  }

  @Test
  void shouldRememberALongOneForThousandsOfShortOnes() {
    add(20_000, 10);
    add(1, 10_000_000);
    add(2_000, 10);
    assertThat(times.averageUs()).isGreaterThan(1_000);
  }

  @Test
  void shouldBearTheLongestRunTimeOfAll() {
    add(100_000, Long.MAX_VALUE);
    assertThat(times.averageUs()).isBetween(1L, 1L << 37);
  }
}
