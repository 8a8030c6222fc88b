package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster map} up to its first result: whose name it has, and what it may touch. */
@Timeout(180)
final class MapBeginIT {
  @TempDir private static Path folder;
  private static FeatureRig rig;

  @BeforeAll
  static void startMaster() {
    rig = FeatureRig.start(folder.resolve("data"));
  }

  @AfterAll
  static void stopMaster() {
    rig.close();
  }

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
  void shouldRefuseATakenNameOfWhichNothingWasDelivered() throws InterruptedException {
    Semaphore begun = new Semaphore(0);
    Semaphore permits = new Semaphore(0);
    try (Worker worker = worker("taken", begun, permits)) {
      try (JarProcess map = start("1\n2\n3\n", "taken", "--name", "a")) {
        begun.acquire();
        map.interrupt();
        assertThat(map.awaitEnd().exitCode()).isEqualTo(ExitCode.STOPPED);
      }

      CommandRun other = run("7\n8\n9\n10\n", "taken", "--name", "a");

      assertThat(other.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(other.err()).contains("there is a map a, with 0 results delivered", "--resume a");
      assertThat(other.out()).isEmpty();
      permits.release(10);
      assertThat(run("1\n2\n3\n", "taken", "--resume", "a").outLines())
          .containsExactly("1", "4", "9");
      assertThat(worker.refused()).isZero();
    }
  }
}
