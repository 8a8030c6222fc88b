package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two programs of README.md, compiled and run as they are printed. */
class ReadmeIT {
  private static final int LINES_MAX = 15;
  private static final Pattern RESULT = Pattern.compile("Result: (\\d+) \\* (\\d+) = (\\d+)");
  @TempDir private Path folder;

  @Test
  void shouldPrintTenResultsWhenMasterAndWorkerRunAsPrinted() throws IOException {
    assertThat(
            JarProcess.run(Map.of(), "keygen", "--out", folder.resolve("muster.key").toString())
                .exitCode())
        .isZero();
    Path master = source("TaskMaster");
    Path worker = source("TaskWorker");
    JavaSources.compile(folder, master, worker);

    try (JarProcess masterRun = run("TaskMaster");
        JarProcess workerRun = run("TaskWorker")) {
      CommandRun end = masterRun.awaitEnd();

      assertThat(end.err()).isEmpty();
      assertThat(end.exitCode()).isZero();
      assertThat(end.outLines()).hasSize(10).allSatisfy(ReadmeIT::assertSquare);
      assertThat(workerRun.handle().isAlive()).isTrue();
    }
  }

  private Path source(String name) throws IOException {
    String text = Listings.inFile("README.md", "java", "class " + name);
    assertThat(text.lines()).as("lines of %s", name).hasSizeLessThanOrEqualTo(LINES_MAX);
    return Files.writeString(folder.resolve(name + ".java"), text);
  }

  private JarProcess run(String mainClass) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return JarProcess.startCommand(
        Map.of(), folder, List.of(java, "-cp", folder + ":" + JarProcess.JAR, mainClass));
  }

  private static void assertSquare(String line) {
    Matcher result = RESULT.matcher(line);
    assertThat(result.matches()).as(line).isTrue();
    long n = Long.parseLong(result.group(1));
    assertThat(result.group(2)).isEqualTo(result.group(1));
    assertThat(Long.parseLong(result.group(3))).isEqualTo(n * n);
  }
}
