package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import org.junit.jupiter.api.Test;

final class RequestWindowTest {
  private final RequestWindow window =
      new RequestWindow(ByteString.copyFromUtf8("0123456789abcdef"));

  @Test
  void shouldKeepLowestUnansweredWhenAnswersComeInAnyOrder() {
    assertThat(window.open().getNumber()).isEqualTo(1);
    assertThat(window.open().getNumber()).isEqualTo(2);
    window.answered(2);
    assertThat(window.open().getAnsweredBelow()).isEqualTo(1);
    window.answered(1);
    assertThat(window.answeredBelow()).isEqualTo(3);
    assertThat(window.isEmpty()).isFalse();
    window.answered(3);
    assertThat(window.isEmpty()).isTrue();
  }

  @Test
  void shouldHaveNoRoomWhileTheOldestIsUnansweredAndTheRangeIsFull() {
    for (int i = 0; i < Limits.OUTSTANDING_REQUESTS_MAX; i++) {
      long number = window.open().getNumber();
      if (number > 1) {
        window.answered(number);
      }
    }
    assertThat(window.hasRoom()).isFalse();
    window.answered(1);
    assertThat(window.hasRoom()).isTrue();
    assertThat(window.answeredBelow()).isEqualTo(Limits.OUTSTANDING_REQUESTS_MAX + 1L);
  }
}
