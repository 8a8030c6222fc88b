package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LeaderClockTest {
  private long wallMs = 1_000_000;
  private long monotonicMs;
  private final LeaderClock clock =
      new LeaderClock(() -> wallMs, () -> TimeUnit.MILLISECONDS.toNanos(monotonicMs));

  private long after(long ms) {
    wallMs += ms;
    monotonicMs += ms;
    return clock.getAsLong();
  }

  @Test
  void shouldFollowTheWallClock() {
    assertThat(after(0)).isEqualTo(1_000_000);
    assertThat(after(500)).isEqualTo(1_000_500);

    wallMs += 3_600_000;

    assertThat(after(1)).isEqualTo(4_600_501);
  }

  @Test
  void shouldGoOnAtHalfSpeedWhenTheWallClockIsPutBack() {
    after(0);

    wallMs -= 10_000;

    assertThat(after(0)).isEqualTo(1_000_000);
    for (int i = 0; i < 10; i++) {
      after(1); // However often it is asked.
    }
    assertThat(after(990)).isEqualTo(1_000_500);
    assertThat(after(18_000)).isEqualTo(1_009_500);
    assertThat(after(1_000)).as("caught up").isEqualTo(wallMs).isEqualTo(1_010_000);
    assertThat(after(700)).isEqualTo(1_010_700);
  }

  @Test
  void shouldGoOnFromTheTimeOfTheLog() {
    clock.notBefore(1_002_000);

    assertThat(after(0)).isEqualTo(1_002_000);
    assertThat(after(2_000)).isEqualTo(1_003_000);

    clock.notBefore(1_001_000);

    assertThat(after(0)).isEqualTo(1_003_000);
  }
}
