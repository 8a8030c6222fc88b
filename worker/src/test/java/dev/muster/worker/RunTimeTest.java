package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class RunTimeTest {
  @Test
  void shouldTakeSomeTimeWhateverRan() {
    assertThat(RunTime.micros(0)).isEqualTo(1);
    assertThat(RunTime.micros(5_000)).isEqualTo(6);
  }

  @Test
  void shouldFillTheFieldAsUnsigned() {
    long minutes70 = TimeUnit.MINUTES.toNanos(70);
    assertThat(Integer.toUnsignedLong(RunTime.micros(minutes70))).isEqualTo(minutes70 / 1_000 + 1);
  }

  @Test
  void shouldSayNothingWhenItDoesNotFit() {
    assertThat(RunTime.micros(TimeUnit.HOURS.toNanos(6))).isZero();
  }
}
