package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobLogTest {
  @TempDir private Path folder;

  @Test
  void shouldRefuseAPlaceThatCannotBeWrittenAndTouchNothing() throws IOException {
    Path there = Files.writeString(folder.resolve("there"), "x");
    JobLog.check(there);
    JobLog.check(folder.resolve("new"));
    assertThat(there).hasContent("x");
    assertThat(folder.resolve("new")).doesNotExist();

    for (Path bad : new Path[] {folder, folder.resolve("no/such"), there.resolve("log")}) {
      assertThatThrownBy(() -> JobLog.check(bad))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("--joblog " + bad + " cannot be written");
    }
  }
}
