package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Rate;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bucket's arithmetic. */
final class RateLimitTest {
  private static final long NOW_US = 1_700_000_000_000_000L;

  private static RateLimit limit(long count, long periodMs, long burst) {
    return RateLimit.of(
        Rate.newBuilder().setCount(count).setPeriodMs(periodMs).setBurst(burst).build());
  }

  @Test
  void shouldHoldABurstAndRefillByTheClock() {
    RateLimit limit = limit(10, 1_000, 3);
    long fullUs = 0;
    for (long left = 3; left > 0; left--) {
      assertThat(limit.tokens(fullUs, NOW_US)).isEqualTo(left);
      fullUs = limit.take(fullUs, NOW_US);
    }
    assertThat(limit.tokens(fullUs, NOW_US)).isZero();
    assertThat(limit.nextUs(fullUs)).isEqualTo(NOW_US + 100_000);
    assertThat(limit.tokens(fullUs, NOW_US + 99_999)).isZero();
    assertThat(limit.tokens(fullUs, NOW_US + 100_000)).isEqualTo(1);
    assertThat(limit.tokens(fullUs, NOW_US + 100_000_000)).isEqualTo(3);
  }

  @Test
  void shouldHaveATokenWhenThereIsOneToCount() {
    Random random = new Random(5);
    for (int i = 0; i < 10_000; i++) {
      RateLimit limit = limit(random.nextInt(4), random.nextInt(3), random.nextInt(4));
      long fullUs = NOW_US + random.nextInt(9_000) - 2_000;
      assertThat(limit.hasToken(fullUs, NOW_US))
          .as("%s, full at %d", limit, fullUs)
          .isEqualTo(limit.tokens(fullUs, NOW_US) > 0);
    }
  }

  @Test
  void shouldTakeTheDefaultsWhenOnlyACountIsGiven() {
    assertThat(limit(4, 0, 0)).isEqualTo(new RateLimit(250_000, 4));
  }

  @Test
  void shouldNeverExceedTheRateWhenItDoesNotDivideThePeriod() {
    assertThat(limit(3, 1_000, 1).intervalUs()).isEqualTo(333_334);
  }

  @Test
  void shouldHaveNoLimitWhenNoCountIsGiven() {
    assertThat(limit(0, 500, 7).tokens(NOW_US * 2, NOW_US)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldStayInRangeWhenSettingsAreAbsurd() {
    RateLimit limit = limit(1, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(limit.tokens(limit.take(0, NOW_US), NOW_US)).isPositive();
    assertThat(limit(Long.MAX_VALUE, 1, 0).intervalUs()).isEqualTo(1);
  }

  @Test
  void shouldGiveATokenBackWhenItWasNotUsed() {
    RateLimit limit = limit(1, 1_000, 1);
    long fullUs = limit.take(0, NOW_US);
    assertThat(limit.tokens(limit.giveBack(fullUs), NOW_US)).isEqualTo(1);
  }
}
