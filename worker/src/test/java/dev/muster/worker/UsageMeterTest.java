package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Usage;
import org.junit.jupiter.api.Test;

final class UsageMeterTest {
  private static final long MS = 1_000_000;

  private final FakeCounters counters = new FakeCounters();
  private final UsageMeter meter = new UsageMeter(counters);

  private static final class FakeCounters implements UsageMeter.Counters {
    long cpuNs = 50_000;
    long allocatedBytes = 900;
    int reads;

    @Override
    public long cpuNs() {
      reads++;
      return cpuNs;
    }

    @Override
    public long allocatedBytes() {
      return allocatedBytes;
    }
  }

  @Test
  void shouldMeasureWhatAnAttemptUsed() {
    meter.begin(0);
    counters.cpuNs += 7 * MS;
    counters.allocatedBytes += 4_096;
    assertThat(meter.end(10 * MS, 0))
        .isEqualTo(Usage.newBuilder().setCpuUs(7_000).setAllocatedBytes(4_096).build());
  }

  @Test
  void shouldReadNothingForShortAttemptsWithinAMillisecond() {
    for (int us = 0; us < 900; us++) {
      meter.begin(us * 1_000L);
      assertThat(meter.end(1_000, 0)).isNull();
    }
    assertThat(counters.reads).isEqualTo(1);
    meter.begin(MS);
    assertThat(counters.reads).isEqualTo(2);
  }

  @Test
  void shouldCountNothingOfWhatRanLongBefore() {
    meter.begin(0);
    counters.cpuNs += 80 * MS;
    assertThat(meter.end(9 * MS, 0)).isNull();
    meter.begin(9 * MS);
    counters.cpuNs += MS;
    assertThat(meter.end(20 * MS, 0)).isEqualTo(Usage.newBuilder().setCpuUs(1_000).build());
  }

  @Test
  void shouldAddWhatSomethingElseUsed() {
    meter.begin(0);
    counters.cpuNs += 7 * MS;
    assertThat(meter.end(10 * MS, 5 * MS)).isEqualTo(Usage.newBuilder().setCpuUs(12_000).build());
  }

  @Test
  void shouldSayNothingWhenTheJvmCountsNothing() {
    counters.cpuNs = -1;
    counters.allocatedBytes = -1;
    meter.begin(0);
    assertThat(meter.end(20 * MS, 0)).isNull();
  }
}
