package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster map} as a process, on a real master and real workers. */
@Timeout(180)
final class MapIT {
  private static final int ITEMS = 10_000;
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;

  private static String numbers(int count) {
    StringBuilder lines = new StringBuilder();
    IntStream.rangeClosed(1, count).forEach(n -> lines.append(n).append('\n'));
    return lines.toString();
  }

  private static List<String> squares(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(n -> Long.toString((long) n * n)).toList();
  }

  private static JarProcess start(String input, String... args) {
    List<String> all = new ArrayList<>(List.of("map"));
    all.addAll(List.of(args));
    JarProcess process = JarProcess.start(rig.master().environment(), all.toArray(String[]::new));
    process.input(input);
    return process;
  }

  private static CommandRun run(String input, String... args) {
    try (JarProcess process = start(input, args)) {
      return process.awaitEnd();
    }
  }

  /** A worker whose handler "square" does so many items, and more when it is let. */
  private static Worker worker(String queue, Semaphore permits) {
    return rig.worker(queue)
        .slots(2)
        .handle(
            "square",
            Long.class,
            n -> {
              permits.acquire();
              return n * n;
            })
        .start();
  }

  @Test
  void shouldMapTenThousandLinesInTheirOrder() {
    try (Worker worker = worker("order", new Semaphore(ITEMS))) {
      CommandRun run = run(numbers(ITEMS), "--queue", "order", "--handler", "square");

      assertThat(run.err()).doesNotContain("failed");
      assertThat(run.exitCode()).isZero();
      assertThat(run.outLines()).isEqualTo(squares(ITEMS));
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldWaitForAWorkerAndSayOnceThatThereIsNone() {
    try (JarProcess map = start("1\n2\n", "--queue", "late", "--handler", "square")) {
      map.awaitErr("muster: no worker is connected that serves .*");
      try (Worker worker = worker("late", new Semaphore(2))) {
        CommandRun run = map.awaitEnd();

        assertThat(run.outLines()).containsExactly("1", "4");
        assertThat(run.errLines()).filteredOn(line -> line.contains("no worker")).hasSize(1);
        assertThat(worker.refused()).isZero();
      }
    }
  }

  @Test
  void shouldGoOnAfterACtrlCWithoutADuplicate() {
    Semaphore permits = new Semaphore(3_000);
    try (Worker worker = worker("ctrl-c", permits)) {
      CommandRun first;
      try (JarProcess map =
          start(numbers(ITEMS), "--queue", "ctrl-c", "--handler", "square", "--name", "stopped")) {
        var unused = map.awaitOut("250000"); // the 500th
        map.interrupt();
        first = map.awaitEnd();
      }
      assertThat(first.exitCode()).isEqualTo(130);
      assertThat(first.err()).contains("go on with the same command", "--resume stopped");
      permits.release(2 * ITEMS);

      CommandRun second =
          run(numbers(ITEMS), "--queue", "ctrl-c", "--handler", "square", "--resume", "stopped");

      assertThat(second.exitCode()).isZero();
      assertThat(second.err())
          .contains("map stopped: ", " results were delivered before")
          .doesNotContain("failed");
      List<String> both = new ArrayList<>(first.outLines());
      both.addAll(second.outLines());
      assertThat(both).isEqualTo(squares(ITEMS));
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldLoseNothingWhenItIsKilledAndResumed() {
    Semaphore permits = new Semaphore(3_000);
    try (Worker worker = worker("killed", permits)) {
      CommandRun first;
      try (JarProcess map =
          start(numbers(ITEMS), "--queue", "killed", "--handler", "square", "--name", "killed")) {
        var unused = map.awaitOut("250000");
        map.kill();
        first = map.awaitEnd();
      }
      permits.release(2 * ITEMS);

      CommandRun second =
          run(numbers(ITEMS), "--queue", "killed", "--handler", "square", "--resume", "killed");

      assertThat(second.err()).doesNotContain("failed");
      assertThat(second.exitCode()).isZero();
      LinkedHashSet<String> all = new LinkedHashSet<>(first.outLines());
      all.addAll(second.outLines());
      assertThat(all).containsExactlyElementsOf(squares(ITEMS));
      assertThat(second.outLines())
          .as("without a gap, from a line on that was there or is the next")
          .isEqualTo(squares(ITEMS).subList(ITEMS - second.outLines().size(), ITEMS));
      assertThat(worker.refused()).isZero();
      assertRefused("there is a map killed", "--name", "killed");
      assertThat(rig.run("map", "--queue", "killed", "--forget", "killed"))
          .isEqualTo("forgot map killed");
    }
  }

  private static void assertRefused(String expected, String... more) {
    List<String> args = new ArrayList<>(List.of("--queue", "killed", "--handler", "square"));
    args.addAll(List.of(more));
    CommandRun run = run("1\n", args.toArray(String[]::new));
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(expected);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void shouldRunProgramsAndTellWhatFailed() throws IOException {
    Path log = folder.resolve("joblog");
    try (JarProcess worker =
        rig.workerProcess("programs", "--slots", "2", "--allow-exec=echo,sh")) {
      worker.awaitOut(FeatureRig.CONNECTED);

      CommandRun echo =
          run(
              "a/b c.jpg\n$HOME.png\n",
              "--queue",
              "programs",
              "--exec",
              "echo {} 'out dir/{/.}.gif' {#}");
      assertThat(echo.err()).isEmpty();
      assertThat(echo.outLines())
          .containsExactly("a/b c.jpg out dir/b c.gif 1", "$HOME.png out dir/$HOME.gif 2");

      CommandRun exits =
          run(
              "0\n3\n",
              "--queue",
              "programs",
              "--exec",
              "sh -c 'echo said {}; echo no luck >&2; exit {}'",
              "--retries",
              "1",
              "--backoff",
              "10ms..10ms",
              "--joblog",
              log.toString());
      assertThat(exits.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(exits.outLines()).containsExactly("said 0");
      assertThat(exits.errLines())
          .containsExactly(
              "muster: item 2 (3) failed 2 times: sh ended with exit code 3: no luck",
              "muster: 1 of 2 items failed");
      List<String> lines = Files.readAllLines(log);
      assertThat(lines).hasSize(3);
      assertThat(lines.get(2)).contains("\t3\t0\tsh -c ");
    }
  }

  @Test
  void shouldSayWhichFlagOfTheWorkerIsMissing() {
    try (JarProcess none = rig.workerProcess("strict");
        JarProcess other = rig.workerProcess("narrow", "--allow-exec=echo")) {
      none.awaitOut(FeatureRig.CONNECTED);
      other.awaitOut(FeatureRig.CONNECTED);
      for (String queue : List.of("strict", "narrow")) {
        CommandRun run = run(numbers(100), "--queue", queue, "--exec", "convert {}");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.errLines()).singleElement().asString().contains("--allow-exec=convert");
        assertThat(run.out()).isEmpty();
      }
    }
  }

  @Test
  void shouldEndQuietlyWhenNobodyReadsOn() {
    try (Worker worker = worker("head", new Semaphore(1_000_000));
        JarProcess pipe =
            JarProcess.startCommand(
                rig.master().environment(),
                folder,
                List.of(
                    "/bin/sh",
                    "-c",
                    "seq 500000 | { '"
                        + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -jar '"
                        + JarProcess.JAR
                        + "' map --queue head --handler square --no-progress; echo ended $? >&2; }"
                        + " | head -n 2"))) {
      CommandRun run = pipe.awaitEnd();

      assertThat(run.outLines()).containsExactly("1", "4");
      assertThat(run.errLines()).containsExactly("ended 0");
      assertThat(worker.refused()).isZero();
    }
  }
}
