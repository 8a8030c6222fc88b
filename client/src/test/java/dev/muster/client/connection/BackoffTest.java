package dev.muster.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  @Test
  void shouldDoubleTheBoundUpToFiveSecondsAndBeginAnew() {
    Backoff backoff = new Backoff(bound -> bound - 1);

    assertThat(LongStream.generate(backoff::nextMs).limit(9))
        .containsExactly(50L, 100L, 200L, 400L, 800L, 1600L, 3200L, 5000L, 5000L);
    backoff.reset();
    assertThat(backoff.nextMs()).isEqualTo(50);
  }
}
