package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OneLineTest {

  @Test
  void shouldJoinLinesWithOneSpace() {
    assertThat(OneLine.of(" a\n  b\r\n\n\tc \n")).isEqualTo("a b c");
  }

  @Test
  void shouldLeaveOneLineAlone() {
    assertThat(OneLine.of("a  b")).isEqualTo("a  b");
  }
}
