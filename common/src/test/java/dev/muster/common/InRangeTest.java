package dev.muster.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class InRangeTest {
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void shouldTakeBothEndsAndRefuseWhatIsBeyond() {
    assertThat(InRange.check("cost", 1, 9, 1)).isEqualTo(1);
    assertThat(InRange.check("cost", 1, 9, 9)).isEqualTo(9);
    assertThatThrownBy(() -> InRange.check("cost", 1, 9, 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("cost must be 1 to 9, found 0");
    assertThatThrownBy(() -> InRange.check("cost", 1, 9, 10))
        .hasMessage("cost must be 1 to 9, found 10");
  }

  @Test
  void shouldRoundATimeUpSoThatNoneBecomesZero() {
    assertThat(InRange.ms("limit", Duration.ofNanos(1_000), DAY)).isEqualTo(1);
    assertThat(InRange.ms("limit", DAY, DAY)).isEqualTo(86_400_000);
    assertThatThrownBy(() -> InRange.ms("limit", Duration.ZERO, DAY))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("limit must be more than 0 and at most 1 days, found PT0S");
    assertThatThrownBy(() -> InRange.ms("limit", DAY.plusNanos(1), DAY))
        .hasMessageStartingWith("limit must be more than 0 and at most 1 days, found PT24H");
    assertThatThrownBy(() -> InRange.ms("limit", Duration.ofMillis(-1), DAY))
        .isInstanceOf(InvalidInputException.class);
  }
}
