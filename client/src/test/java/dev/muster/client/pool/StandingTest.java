package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StandingTest {
  private final List<String> told = new ArrayList<>();
  private final Standing standing = new Standing(told::add);

  @Test
  void shouldTellAReasonOnceUntilItChanges() {
    standing.because("no worker");
    standing.because("no worker");
    standing.because("no handler");
    standing.because("no handler");
    standing.because("no worker");
    assertThat(told).containsExactly("no worker", "no handler", "no worker");
  }

  @Test
  void shouldTellItAgainWhenTheMapHadGoneOn() {
    standing.because("no worker");
    standing.ended();
    standing.ended();
    standing.because("no worker");
    assertThat(told).containsExactly("no worker", "no worker");
  }
}
