package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MusterContenderTest {

  @Test
  void shouldReadWhatTheLineOfTheBenchSaysOfRateCpuAndMemory() {
    String line =
        """
        {"scenario":"lifecycle","lifecycles_per_s":318001,"master_cpu_s":4.5,"client_cpu_s":3.0,\
        "master_peak_rss_mb":640,"n":1500000}
        """;

    assertThat(MusterContender.turn(line)).isEqualTo(new Turn(318_001, 3, 2, 640));
  }

  @Test
  void shouldSayWhatItFoundInstead() {
    assertThatThrownBy(() -> MusterContender.turn("no line\n"))
        .isInstanceOf(ComparisonException.class)
        .hasMessageContaining("found: no line");
    assertThatThrownBy(() -> MusterContender.turn("{\"n\":1}\n"))
        .isInstanceOf(ComparisonException.class)
        .hasMessageContaining("print lifecycles_per_s, found: {\"n\":1}");
  }
}
