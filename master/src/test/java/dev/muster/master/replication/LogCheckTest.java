package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.muster.common.MusterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class LogCheckTest {
  private static final int ZEROS = 4096;

  @TempDir Path raft;

  private @Nullable LogFiles files;

  @BeforeAll
  static void beQuiet() {
    ((Logger) LoggerFactory.getLogger(LogCheck.class)).setLevel(Level.ERROR);
  }

  @AfterAll
  static void beLoud() {
    ((Logger) LoggerFactory.getLogger(LogCheck.class)).setLevel(null);
  }

  @BeforeEach
  void begin() throws IOException {
    files = new LogFiles(raft);
  }

  private LogFiles log() {
    return Objects.requireNonNull(files);
  }

  private void check(long appliedIndex) {
    LogCheck.run(raft, log().group, appliedIndex);
  }

  private List<Path> copies() throws IOException {
    try (Stream<Path> files = Files.list(log().current)) {
      return files.filter(file -> file.getFileName().toString().startsWith("torn-")).toList();
    }
  }

  @Test
  void shouldPassWhenNothingWasEverWritten() {
    check(-1);
    LogCheck.run(raft.resolve("absent"), log().group, -1);
  }

  @Test
  void shouldLeaveACleanLogAloneWhenItsEndIsPreallocated() throws IOException {
    log().closed(0, 4);
    Path open = log().open(5, 9, ZEROS);
    byte[] before = Files.readAllBytes(open);
    check(9);
    assertThat(Files.readAllBytes(open)).isEqualTo(before);
    assertThat(copies()).isEmpty();
  }

  @Test
  void shouldCutTheLastRecordWhereverItIsTorn() throws IOException {
    byte[] whole = LogFiles.segment(0, 5);
    byte[] kept = LogFiles.segment(0, 4);
    for (int zeros : new int[] {0, ZEROS}) {
      for (int cut = kept.length + 1; cut < whole.length; cut++) {
        Path open = log().write("log_inprogress_0", Arrays.copyOf(whole, cut), zeros);
        check(4);
        assertThat(Files.readAllBytes(open)).as("cut at %s", cut).isEqualTo(kept);
      }
    }
  }

  @Test
  void shouldKeepACopyOfATornFile() throws IOException {
    byte[] torn = Arrays.copyOf(LogFiles.segment(0, 5), LogFiles.segment(0, 5).length - 3);
    log().write("log_inprogress_0", torn, 0);
    check(2);
    assertThat(copies()).hasSize(1);
    assertThat(Files.readAllBytes(copies().get(0))).isEqualTo(torn);
    check(2);
    assertThat(copies()).hasSize(1);
  }

  @Test
  void shouldCutTheLastRecordWhenBytesOfItAreZero() throws IOException {
    byte[] whole = LogFiles.segment(0, 5);
    byte[] kept = LogFiles.segment(0, 4);
    for (int at = kept.length; at < whole.length; at++) {
      byte[] holed = whole.clone();
      Arrays.fill(holed, at, Math.min(whole.length, at + 8), (byte) 0);
      Path open = log().write("log_inprogress_0", holed, ZEROS);
      check(4);
      assertThat(Files.readAllBytes(open)).as("zero at %s", at).startsWith(kept);
      check(4);
    }
  }

  @Test
  void shouldCutGarbageBehindTheLastRecord() throws IOException {
    Random random = new Random(1);
    byte[] kept = LogFiles.segment(0, 4);
    for (int round = 0; round < 50; round++) {
      byte[] garbage = new byte[1 + random.nextInt(2_000)];
      random.nextBytes(garbage);
      garbage[0] = 7; // A zero would be the end of the log, and no damage yet.
      byte[] bytes = Arrays.copyOf(kept, kept.length + garbage.length);
      System.arraycopy(garbage, 0, bytes, kept.length, garbage.length);
      Path open = log().write("log_inprogress_0", bytes, ZEROS);
      check(4);
      assertThat(Files.readAllBytes(open)).isEqualTo(kept);
    }
  }

  @Test
  void shouldRefuseWhenGoodRecordsFollowTheDamage() throws IOException {
    byte[] bytes = LogFiles.segment(0, 9);
    int damaged = LogFiles.segment(0, 4).length + 6;
    bytes[damaged] ^= 1;
    Path open = log().write("log_inprogress_0", bytes, ZEROS);
    assertThatThrownBy(() -> check(2))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("is damaged at byte")
        .hasMessageContaining("after entry 4")
        .hasMessageContaining("good records follow");
    assertThat(Files.readAllBytes(open)).startsWith(bytes);
  }

  @Test
  void shouldRefuseWhenTheTornRecordWasApplied() {
    byte[] whole = LogFiles.segment(0, 5);
    log().write("log_inprogress_0", Arrays.copyOf(whole, whole.length - 1), ZEROS);
    assertThatThrownBy(() -> check(5))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("the store has applied more");
  }

  @Test
  void shouldRefuseWhenTheLogEndsBeforeTheStore() {
    log().open(0, 5, ZEROS);
    assertThatThrownBy(() -> check(6))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("ends at entry 5")
        .hasMessageContaining("has applied entry 6");
  }

  @Test
  void shouldRefuseWhenTheFilesAreGone() {
    assertThatThrownBy(() -> check(3))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("ends at entry -1");
  }

  @Test
  void shouldRefuseWhenAFileBehindTheStoreIsMissing() {
    log().closed(0, 4);
    log().open(10, 12, ZEROS);
    assertThatThrownBy(() -> check(4))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("goes on at entry 10")
        .hasMessageContaining("entry 5 was expected");
    assertThatThrownBy(() -> check(-1)).isInstanceOf(MusterException.class);
  }

  @Test
  void shouldPassWhenWhatIsMissingIsInTheStore() {
    log().closed(5, 9);
    log().open(15, 20, 0);
    check(14);
    check(20);
  }
}
