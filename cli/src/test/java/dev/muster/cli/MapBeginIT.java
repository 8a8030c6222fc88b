package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.worker.Worker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster map} up to its first result: whose name it has, and what it may touch. */
@Timeout(180)
final class MapBeginIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;

  private static JarProcess start(String input, String queue, String... more) {
    List<String> args = new ArrayList<>(List.of("map", "--queue", queue, "--handler", "square"));
    args.addAll(List.of(more));
    JarProcess process = JarProcess.start(rig.master().environment(), args.toArray(String[]::new));
    process.input(input);
    return process;
  }

  private static CommandRun run(String input, String queue, String... more) {
    try (JarProcess process = start(input, queue, more)) {
      return process.awaitEnd();
    }
  }

  /** A worker whose handler tells that it has begun, and ends when it is let. */
  private static Worker worker(String queue, Semaphore begun, Semaphore permits) {
    return rig.worker(queue)
        .handle(
            "square",
            Long.class,
            n -> {
              begun.release();
              permits.acquire();
              return n * n;
            })
        .start();
  }

  @Test
  void shouldSayThatTheDiskIsFullAndHowToGoOn() {
    Path full = Path.of("/dev/full"); // each write to it is ENOSPC
    assumeTrue(Files.exists(full));
    Semaphore permits = new Semaphore(10);
    try (Worker worker = worker("full", new Semaphore(0), permits);
        JarProcess map =
            JarProcess.startCommand(
                rig.master().environment(),
                folder,
                List.of(
                    "/bin/sh",
                    "-c",
                    "seq 3 | '"
                        + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -jar '"
                        + JarProcess.JAR
                        + "' map --queue full --handler square --name full > "
                        + full))) {
      CommandRun run = map.awaitEnd();

      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.err())
          .contains("standard output cannot be written (No space left on device): 0 results")
          .contains("--resume full");
      assertThat(run("1\n2\n3\n", "full", "--resume", "full").outLines())
          .containsExactly("1", "4", "9");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldSayThatThereIsNoMapToForget() {
    CommandRun run = rig.master().run("map", "--forget", "typo");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("there is no map typo: nothing was forgotten");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void shouldEndAtCtrlCWhileNoWorkerIsThere() {
    try (JarProcess map = start("1\n2\n", "empty", "--name", "waits")) {
      map.awaitErr("muster: no worker is connected that serves .*");

      map.interrupt();

      CommandRun run = map.awaitEnd();
      assertThat(run.exitCode()).isEqualTo(ExitCode.STOPPED);
      assertThat(run.err()).contains("stopped: 0 results delivered;", "--resume waits");
    }
  }

  @Test
  void shouldEndAtSigtermWhileAnotherCallerHasTheMap() throws InterruptedException {
    Semaphore begun = new Semaphore(0);
    Semaphore permits = new Semaphore(0);
    try (Worker worker = worker("held", begun, permits);
        JarProcess holder = start("1\n2\n", "held", "--name", "held")) {
      begun.acquire();
      try (JarProcess second = start("1\n2\n", "held", "--resume", "held")) {
        second.awaitErr("muster: map held is held by another caller.*");

        second.terminate();

        assertThat(second.awaitEnd().exitCode()).isEqualTo(ExitCode.STOPPED);
      }
      permits.release(10);
      assertThat(holder.awaitEnd().outLines()).as("undisturbed").containsExactly("1", "4");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldRefuseATakenNameOfWhichNothingWasDelivered() throws Exception {
    Semaphore begun = new Semaphore(0);
    Semaphore permits = new Semaphore(0);
    try (Worker worker = worker("taken", begun, permits)) {
      try (JarProcess map = start("1\n2\n3\n", "taken", "--name", "a")) {
        begun.acquire();
        map.interrupt();
        assertThat(map.awaitEnd().exitCode()).isEqualTo(ExitCode.STOPPED);
      }

      Path log = Files.writeString(folder.resolve("log"), "of the run before\n");
      CommandRun other = run("7\n8\n9\n10\n", "taken", "--name", "a", "--joblog", log.toString());

      assertThat(other.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(other.err()).contains("there is a map a, with 0 results delivered", "--resume a");
      assertThat(other.out()).isEmpty();
      assertThat(log).hasContent("of the run before");
      permits.release(10);
      assertThat(run("1\n2\n3\n", "taken", "--resume", "a").outLines())
          .containsExactly("1", "4", "9");
      assertThat(worker.refused()).isZero();
    }
  }
}
