package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RatesTest {

  @Test
  void shouldTakeTheMiddleOfAnOddNumberOfRounds() {
    Rates rates = Turns.of(50, 1, 20);

    assertThat(rates.median()).isEqualTo(20);
    assertThat(rates.least()).isEqualTo(1);
    assertThat(rates.most()).isEqualTo(50);
  }

  @Test
  void shouldTakeTheMeanOfTheMiddleTwoOfAnEvenNumber() {
    assertThat(Turns.of(40, 1, 20, 1000).median()).isEqualTo(30);
  }

  @Test
  void shouldRefuseToBeWithoutRounds() {
    assertThatThrownBy(() -> new Rates(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
