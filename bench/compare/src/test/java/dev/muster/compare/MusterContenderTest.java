package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MusterContenderTest {

  @Test
  void shouldReadTheRateOfTheLineThatTheBenchPrints() {
    assertThat(MusterContender.rate("{\"scenario\":\"lifecycle\",\"lifecycles_per_s\":318001}\n"))
        .isEqualTo(318_001);
  }

  @Test
  void shouldSayWhatItFoundInstead() {
    assertThatThrownBy(() -> MusterContender.rate("no line\n"))
        .isInstanceOf(ComparisonException.class)
        .hasMessageContaining("found: no line");
  }
}
