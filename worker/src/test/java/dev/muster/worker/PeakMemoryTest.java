package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The peak of a process as Linux tells it. */
final class PeakMemoryTest {
  @Test
  void shouldReadThePeakInBytes() {
    assertThat(PeakMemory.of(List.of("Name:\tjava", "VmHWM:\t   12345 kB", "VmRSS:\t 1 kB")))
        .isEqualTo(12_345L * 1_024);
  }

  @Test
  void shouldKnowNothingWhereItIsNotTold() {
    assertThat(PeakMemory.of(List.of("Name:\tjava"))).isZero();
  }
}
