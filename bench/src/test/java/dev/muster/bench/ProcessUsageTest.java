package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.MusterException;
import org.junit.jupiter.api.Test;

final class ProcessUsageTest {
  /** Its name is chosen to be mistaken for fields. */
  private static final String STAT =
      "42 (a) R 1 b) S 1 42 42 0 -1 4194560 100 200 0 0 70 30 5 2 20 0 1 0 100 1000 10 0";

  @Test
  void shouldCountWhatEndedChildrenTook() {
    assertThat(ProcessUsage.endedChildrenMs(STAT)).isEqualTo(70);
  }

  @Test
  void shouldSayWhatWasUsedSinceAnEarlierLookAndWhatMemoryThereIsNow() {
    ProcessUsage earlier = new ProcessUsage(100, 50, 60, 20, 99, 7);
    ProcessUsage now = new ProcessUsage(350, 55, 80, 30, 99, 17);

    assertThat(now.since(earlier)).isEqualTo(new ProcessUsage(250, 55, 80, 30, 99, 10));
  }

  @Test
  void shouldReadTheLineThatItWrites() {
    ProcessUsage usage = new ProcessUsage(1, 2, 3, 4, 5, 6);

    assertThat(ProcessUsage.parse(usage.toLine())).isEqualTo(usage);
    assertThatThrownBy(() -> ProcessUsage.parse("1 2 3"))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("found: 1 2 3");
  }
}
