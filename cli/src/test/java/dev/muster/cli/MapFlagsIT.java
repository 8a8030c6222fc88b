package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What options of {@code muster map} do to a map on real workers. */
@Timeout(180)
final class MapFlagsIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();

  private static JarProcess start(String queue, String input, String... more) {
    List<String> args = new ArrayList<>(List.of("map", "--queue", queue, "--handler", "square"));
    args.addAll(List.of(more));
    JarProcess process = JarProcess.start(rig.master().environment(), args.toArray(String[]::new));
    process.input(input);
    return process;
  }

  /** A worker for whose first item somebody must open the gate. */
  private static Worker worker(String queue, CountDownLatch gate) {
    return rig.worker(queue)
        .slots(2)
        .handle(
            "square",
            Long.class,
            n -> {
              if (n == 1) {
                gate.await();
              }
              return n * n;
            })
        .start();
  }

  @Test
  void shouldPrintResultsAsTheyComeWhenUnordered() {
    CountDownLatch gate = new CountDownLatch(1);
    try (Worker worker = worker("unordered", gate);
        JarProcess map = start("unordered", "1\n2\n3\n", "--unordered", "--chunk", "1")) {
      var two = map.awaitOut("4"); // or this waits for ever
      var three = map.awaitOut("9");
      assertThat(two).isNotSameAs(three);
      gate.countDown();

      CommandRun run = map.awaitEnd();

      assertThat(run.exitCode()).isZero();
      assertThat(run.outLines()).containsExactlyInAnyOrder("4", "9", "1").endsWith("1");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldFailAnItemThatRunsBeyondItsTimeoutAndGoOn() {
    CountDownLatch never = new CountDownLatch(1);
    try (Worker worker = worker("timeout", never);
        JarProcess map = start("timeout", "1\n2\n3\n", "--timeout", "100ms")) {
      CommandRun run = map.awaitEnd();

      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.outLines()).containsExactly("4", "9");
      assertThat(run.err()).contains("item 1 (1) failed", "1 of 3 items failed");
      assertThat(worker.refused()).isZero();
    }
  }
}
