package dev.muster.client.retry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BackoffTest {
  @Test
  void shouldDoubleUpToTheLongestAndStartAgainWhenReset() {
    Backoff backoff = new Backoff(50, 300, bound -> bound);
    assertThat(backoff.nextMs()).isEqualTo(50);
    assertThat(backoff.nextMs()).isEqualTo(100);
    assertThat(backoff.nextMs()).isEqualTo(200);
    assertThat(backoff.nextMs()).isEqualTo(300);
    backoff.reset();
    assertThat(backoff.nextMs()).isEqualTo(50);
  }

  @Test
  void shouldReportOutageAtOnceAndThenOnceAMinute() {
    Outage outage = new Outage();
    assertThat(outage.failed(0)).isTrue();
    assertThat(outage.failed(59_999)).isFalse();
    assertThat(outage.failed(60_000)).isTrue();
    assertThat(outage.recovered()).isTrue();
    assertThat(outage.recovered()).isFalse();
    assertThat(outage.failed(60_001)).isTrue();
  }
}
