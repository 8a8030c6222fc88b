package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.RefusalReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class DiskWatchTest {
  private long free = 100;
  private final List<Throwable> broken = new ArrayList<>();
  private final DiskWatch watch = new DiskWatch(() -> free, 50, broken::add);

  @Test
  void shouldAdmitWhenThereIsSpace() {
    free = 50;
    watch.tick();
    assertThat(watch.refusal()).isNull();
  }

  @Test
  void shouldRefuseBelowTheFloorAndAdmitWhenSpaceIsBack() {
    free = 49;
    watch.tick();
    Outcome.Refused refusal = Objects.requireNonNull(watch.refusal());
    assertThat(refusal.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_DISK_FULL);
    assertThat(refusal.message()).contains("49 bytes free").contains("free some space");
    free = 51;
    watch.tick();
    assertThat(watch.refusal()).isNull();
  }

  @Test
  void shouldStopTheMasterWhenTheDiskDoesNotSay() {
    IOException gone = new IOException("gone");
    DiskWatch blind =
        new DiskWatch(
            () -> {
              throw gone;
            },
            50,
            broken::add);
    blind.tick();
    assertThat(broken).containsExactly(gone);
  }
}
