package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster demo} as a process. */
class DemoIT {
  private static final Pattern PUT = Pattern.compile("Put task (\\d+)\\.\\.\\.");
  @TempDir private Path folder;

  @Test
  void shouldPrintWhatTheOriginalPrints() throws Exception {
    CommandRun demo = runToEnd("--tasks", "12", "--workers", "2");

    assertThat(demo.err()).isEmpty();
    assertThat(demo.exitCode()).isZero();
    assertThat(demo.outLines()).hasSize(12 + 1 + 12 + 1);
    List<String> expected = new ArrayList<>();
    for (String line : demo.outLines().subList(0, 12)) {
      Matcher put = PUT.matcher(line);
      assertThat(put.matches()).as(line).isTrue();
      long n = Long.parseLong(put.group(1));
      assertThat(n).isBetween(0L, 10_000L);
      expected.add("Result: " + n + " * " + n + " = " + n * n);
    }
    assertThat(demo.outLines().get(12)).isEqualTo("Try get results...");
    assertThat(demo.outLines().subList(13, 25)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(demo.outLines().get(25)).isEqualTo("master exit.");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void shouldPutEverythingAwayOnCtrlC() throws Exception {
    try (JarProcess demo = demo("--tasks", "100000", "--workers", "2")) {
      demo.awaitOut("Put task .*");
      List<ProcessHandle> workers = demo.handle().descendants().toList();

      demo.interrupt();

      CommandRun end = demo.awaitEnd();
      assertThat(end.exitCode()).isEqualTo(130);
      assertThat(workers).hasSize(2);
      for (ProcessHandle worker : workers) {
        worker.onExit().get(JarProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void shouldFinishWhenAWorkerDies() throws IOException {
    try (JarProcess demo = demo("--tasks", "2000", "--workers", "2")) {
      demo.awaitOut("Put task .*");
      demo.handle().descendants().findFirst().orElseThrow().destroyForcibly();

      CommandRun end = demo.awaitEnd();

      assertThat(end.exitCode()).as(end.err()).isZero();
      assertThat(end.outLines().stream().filter(line -> line.startsWith("Result: "))).hasSize(2000);
    }
  }

  @Test
  void shouldGiveUpWhenEveryWorkerDies() {
    try (JarProcess demo = demo("--tasks", "50000", "--workers", "1")) {
      demo.awaitOut("Put task .*");
      demo.handle().descendants().forEach(ProcessHandle::destroyForcibly);

      CommandRun end = demo.awaitEnd();

      assertThat(end.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(end.errLines()).last().asString().contains("every worker ended");
    }
  }

  @Test
  void shouldLeaveNoWorkerBehindWhenItIsKilled() throws Exception {
    try (JarProcess demo = demo("--tasks", "100000", "--workers", "1")) {
      demo.awaitOut("Put task .*");
      ProcessHandle worker = demo.handle().descendants().findFirst().orElseThrow();

      demo.handle().destroyForcibly();

      worker.onExit().get(JarProcess.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldUseARunningMaster() {
    try (MasterProcess master =
            MasterProcess.start(folder.resolve("data"), MasterProcess.newKey());
        JarProcess worker = JarProcess.start(master.environment(), "worker", "--queue", "task")) {
      worker.awaitOut("muster worker .*");

      CommandRun demo = master.run("demo", "--master", master.address(), "--tasks", "3");

      assertThat(demo.exitCode()).as(demo.err()).isZero();
      assertThat(demo.outLines()).hasSize(8).last().isEqualTo("master exit.");
    }
  }

  private CommandRun runToEnd(String... args) {
    try (JarProcess demo = demo(args)) {
      return demo.awaitEnd();
    }
  }

  /** With a temporary folder of the test's own, so that it sees what is left there. */
  private JarProcess demo(String... args) {
    return JarProcess.startWith(
        List.of("-Djava.io.tmpdir=" + folder),
        Map.of(),
        Stream.concat(Stream.of("demo"), Stream.of(args)).toArray(String[]::new));
  }
}
