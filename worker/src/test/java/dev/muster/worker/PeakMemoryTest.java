package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The peak of a process as Linux tells it, attempt by attempt. */
final class PeakMemoryTest {
  private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(10);

  @TempDir private Path folder;
  private Path status;
  private Path reset;
  private PeakMemory peak;

  @BeforeEach
  void files() throws IOException {
    status = Files.writeString(folder.resolve("status"), "Name:\tjava\nVmHWM:\t   12345 kB\n");
    reset = Files.writeString(folder.resolve("clear_refs"), "");
    peak = new PeakMemory(status, reset);
  }

  @Test
  void shouldBeginAnewWithEachAttempt() throws IOException {
    peak.begin(0);
    assertThat(reset).hasContent("5");
    assertThat(peak.bytes()).isEqualTo(12_345L * 1_024);
    Files.writeString(reset, "");
    peak.begin(FRESH_NS);
    assertThat(reset).hasContent("5");
  }

  @Test
  void shouldUseABeginningAgainThatIsYoung() throws IOException {
    peak.begin(0);
    Files.writeString(reset, "");
    peak.begin(FRESH_NS - 1);
    assertThat(reset).isEmptyFile();
    assertThat(peak.bytes()).isPositive();
  }

  @Test
  void shouldTellOnlyThePeakOfTheFirstAttemptWhereItCannotBeginAnew() throws IOException {
    Files.delete(reset);
    peak.begin(0);
    assertThat(peak.bytes()).isPositive();
    peak.begin(FRESH_NS);
    assertThat(peak.bytes()).isZero();
  }

  @Test
  void shouldKnowNothingWhereItIsNotTold() throws IOException {
    Files.writeString(status, "Name:\tjava\n");
    peak.begin(0);
    assertThat(peak.bytes()).isZero();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldReadThatOfThisProcess() {
    PeakMemory own = PeakMemory.ofThisProcess();
    own.begin(0);
    assertThat(own.bytes()).isPositive();
  }
}
