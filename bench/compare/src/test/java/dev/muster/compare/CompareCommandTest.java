package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CompareCommandTest {
  private static final int REFUSED = 2;

  @TempDir Path directory;

  private final StringWriter errors = new StringWriter();

  @Test
  void shouldCompareAllWithTheBestBatchOfEachByDefault() {
    assertThat(chosen()).extracting(Contender::id).containsExactlyElementsOf(Contenders.ids());
  }

  @Test
  void shouldCompareOnlyWhatIsNamed() {
    assertThat(chosen("--only", "muster,redis-always"))
        .extracting(Contender::id)
        .containsExactly("muster", "redis-always");
  }

  @Test
  void shouldTryEachBatchSizeThatIsNamed() {
    assertThat(chosen("--only", "redis-always", "--batch", "10,20"))
        .extracting(Contender::driving)
        .satisfiesExactly(
            first -> assertThat(first).contains("pipelines of 10 "),
            second -> assertThat(second).contains("pipelines of 20 "));
    assertThat(chosen("--only", "redis-always", "--batch", "10,20"))
        .as("the lines of the turns say which batch it was")
        .extracting(Contender::id)
        .containsExactly("redis-always batch 10", "redis-always batch 20");
  }

  @Test
  void shouldRefuseToTryBatchesOfMuster() {
    assertThat(run("--only", "muster", "--batch", "10")).isEqualTo(REFUSED);
    assertThat(errors.toString()).contains("Muster batches by itself");
  }

  @Test
  void shouldRefuseWhatItDoesNotKnow() {
    assertThat(run("--only", "abacus")).isEqualTo(REFUSED);
    assertThat(errors.toString()).contains("--only must be of muster, ").contains("found abacus");
  }

  @Test
  void shouldRefuseNumbersThatAreTooSmall() {
    assertThat(run("--rounds", "0")).isEqualTo(REFUSED);
    assertThat(run("--seconds", "0")).isEqualTo(REFUSED);
    assertThat(run("--batch", "0")).isEqualTo(REFUSED);
    assertThat(errors.toString())
        .contains("--rounds must be at least 1, found 0")
        .contains("--warm-up and --seconds must be at least 1, found 12 and 0")
        .contains("--batch must be 1 to 10000, found 0");
  }

  @Test
  void shouldRefuseToWriteTheTriesOfBatchesIntoTheDocs() {
    assertThat(run("--batch", "10", "--docs", "docs")).isEqualTo(REFUSED);
  }

  @Test
  void shouldRefuseAPageThatCannotTakeTheTableBeforeItMeasures() throws IOException {
    assertThat(run("--docs", directory.toString())).isEqualTo(REFUSED);
    assertThat(errors.toString()).contains("found no " + directory.resolve("performance.md"));

    Files.writeString(directory.resolve("performance.md"), "A page without marks.\n");

    assertThat(run("--docs", directory.toString())).isEqualTo(REFUSED);
    assertThat(errors.toString()).contains(MarkdownTable.BEGIN).contains("put them back");
  }

  private static List<Contender> chosen(String... arguments) {
    CommandLine line = CompareCommand.commandLine(arguments);
    line.parseArgs(arguments);
    CompareCommand command = line.getCommand();
    return command.chosen();
  }

  private int run(String... arguments) {
    CommandLine line = CompareCommand.commandLine(arguments);
    line.setErr(new PrintWriter(errors));
    return line.execute(arguments);
  }
}
