package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatesTest {

  @Test
  void shouldTakeTheMiddleOfAnOddNumberOfRounds() {
    Rates rates = new Rates(List.of(50L, 1L, 20L));

    assertThat(rates.median()).isEqualTo(20);
    assertThat(rates.least()).isEqualTo(1);
    assertThat(rates.most()).isEqualTo(50);
  }

  @Test
  void shouldTakeTheMeanOfTheMiddleTwoOfAnEvenNumber() {
    assertThat(new Rates(List.of(40L, 1L, 20L, 1000L)).median()).isEqualTo(30);
  }

  @Test
  void shouldRefuseToBeWithoutRounds() {
    assertThatThrownBy(() -> new Rates(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
