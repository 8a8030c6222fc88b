package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OldSegmentsTest {
  @TempDir Path directory;

  private Path log;
  private Path old;
  private OldSegments segments;

  @BeforeEach
  void segments() throws IOException {
    log = Files.createDirectory(directory.resolve("current"));
    old = directory.resolve("old");
    for (String name : List.of("log_0-9", "log_10-19", "log_20-29", "log_inprogress_30")) {
      Files.writeString(log.resolve(name), name);
    }
    segments = new OldSegments(log, old);
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void shouldHoldWhatRatisIsAboutToDelete() throws IOException {
    segments.mayGo(25);
    Files.delete(log.resolve("log_0-9"));

    assertThat(names(old)).containsExactly("log_0-9", "log_10-19");
    assertThat(Files.readString(old.resolve("log_0-9"))).isEqualTo("log_0-9");
  }

  @Test
  void shouldDeleteItWhenMoreMayGo() throws IOException {
    segments.mayGo(9);
    Files.delete(log.resolve("log_0-9"));

    segments.mayGo(19);

    assertThat(names(old)).containsExactly("log_10-19");
  }

  @Test
  void shouldLeaveTheLogAlone() throws IOException {
    segments.mayGo(19);
    segments.delete();

    assertThat(names(old)).isEmpty();
    assertThat(names(log))
        .containsExactly("log_0-9", "log_10-19", "log_20-29", "log_inprogress_30");
    assertThat(Files.readString(log.resolve("log_10-19"))).isEqualTo("log_10-19");
  }

  @Test
  void shouldTakeNoHarmOfALogThatIsNotThere() {
    OldSegments none = new OldSegments(directory.resolve("none"), directory.resolve("none-old"));

    none.mayGo(7);
    none.delete();

    assertThat(directory.resolve("none-old")).doesNotExist();
  }
}
