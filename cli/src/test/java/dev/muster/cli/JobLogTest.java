package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.pool.ItemResults;
import dev.muster.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobLogTest {
  @TempDir private Path folder;

  @Test
  void shouldReadExitCodesOnlyOfProgramsAndOnlyThoseThatCanBe() {
    assertThat(exitOf("muster.ExecFailed", "sh ended with exit code 137 (signal 9): x"))
        .isEqualTo("137\t9");
    assertThat(exitOf("java.io.IOException", "the tool ended with exit code 3"))
        .as("what a handler says is no exit code")
        .isEqualTo("1\t0");
    assertThat(exitOf("muster.ExecFailed", "sh ended with exit code 32212254773221225477"))
        .isEqualTo("1\t0");
  }

  private static String exitOf(String kind, String message) {
    String[] columns =
        JobLog.line(ItemResults.failure(0, kind, message), 1, "sh").strip().split("\t", -1);
    return columns[6] + '\t' + columns[7];
  }

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
