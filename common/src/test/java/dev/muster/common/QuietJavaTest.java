package dev.muster.common;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QuietJavaTest {
  @Test
  void shouldSayWhatIsMeantWhereJavaWarnsOfIt() {
    assertThat(QuietJava.forWorker(24)).containsExactly("--enable-native-access=ALL-UNNAMED");
    assertThat(QuietJava.forMaster(24))
        .containsExactly(
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
  }

  @Test
  void shouldSayNothingToAJavaThatMayNotKnowIt() {
    assertThat(QuietJava.forWorker(23)).isEmpty();
    assertThat(QuietJava.forMaster(23)).isEmpty();
  }
}
