package dev.muster.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class QueueNameTest {
  @Test
  void shouldAgreeWithThePatternForEveryCharacter() {
    Pattern pattern = Pattern.compile(Limits.QUEUE_NAME_PATTERN);
    for (char c = 0; c < 1_000; c++) {
      String name = "a" + c;
      assertThat(QueueName.isValid(name)).as(name).isEqualTo(pattern.matcher(name).matches());
    }
  }

  @Test
  void shouldTakeNamesUpTo255Characters() {
    assertThat(QueueName.check("a".repeat(255))).hasSize(255);
    assertThatThrownBy(() -> QueueName.check("a".repeat(256)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("(256 characters)");
  }

  @Test
  void shouldNameRuleAndFindingOnOneLine() {
    assertThatThrownBy(() -> QueueName.check("a\nb"))
        .hasMessage("queue name must match [A-Za-z0-9._:/-]{1,255}, found \"a?b\"");
    assertThatThrownBy(() -> QueueName.check("")).hasMessageEndingWith("found \"\"");
  }
}
