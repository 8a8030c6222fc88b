package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Ends workers at once, and looks at what they run, through the command line. */
@Timeout(120)
final class WorkerControlIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;
  private static String classes = "";

  @BeforeAll
  static void compileHandler() {
    classes = GateHandler.compile(folder).toString();
  }

  private static String id(long task) {
    return Long.toUnsignedString(task);
  }

  /** Its name@host:pid, from the list of workers. */
  private static String identity(String queue) {
    return rig.muster().admin().workers(queue).findFirst().stream()
        .map(dev.muster.client.RemoteWorker::identity)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldEndAWorkerAtOnceAndGiveBackWhatItRanFreeOfCharge() {
    Path gate = folder.resolve("kill");
    long running;
    long waiting;
    try (JarProcess victim =
        rig.workerProcess("kill", "--slots", "1", "--prefetch", "1", "--classpath", classes)) {
      running = rig.put("kill", "--name", GateHandler.NAME, "\"" + gate + "\"");
      GateHandler.awaitReached(gate, victim);
      waiting = rig.put("kill", "--name", GateHandler.NAME, "\"" + gate + "\"");

      String victimName = identity("kill");
      assertThat(victimName).startsWith("worker@").endsWith(":" + victim.handle().pid());
      assertThat(rig.run("kill", victimName))
          .isEqualTo("worker " + victimName + " was asked to end at once");

      CommandRun ended = victim.awaitEnd();
      assertThat(ended.exitCode()).isEqualTo(ExitCode.KILLED);
      assertThat(ended.err())
          .contains("muster: ended at once, as 'muster kill' asked; what ran here was given back");
    }
    for (long task : new long[] {running, waiting}) {
      TaskInfo info = rig.muster().task(task);
      assertThat(info.getState()).isEqualTo(TaskState.TASK_STATE_READY);
      assertThat(info.getAttempts() + info.getFailures() + info.getCrashes()).isZero();
    }
    assertThat(rig.muster().task(running).getReturns()).isEqualTo(1);
    try (JarProcess heir = rig.workerProcess("kill", "--slots", "1", "--classpath", classes)) {
      GateHandler.open(gate, heir);
      assertThat(rig.result(running, Long.class)).isEqualTo(heir.handle().pid());
    }
  }

  @Test
  void shouldRefuseToKillAWorkerThatIsNotThere() {
    CommandRun run = rig.master().run("kill", "nobody@nowhere");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .startsWith("muster: no worker's name@host:pid begins with nobody@nowhere");
  }

  @Test
  void shouldPrintWhatTheHandlerOfARunningTaskDoes() {
    try (JarProcess worker = rig.workerProcess("stack", "--classpath", classes)) {
      Path gate = folder.resolve("stack");
      long task = rig.put("stack", "--name", GateHandler.NAME, "\"" + gate + "\"");
      GateHandler.awaitReached(gate, worker);

      // Whether the worker has said that it began may take a moment longer than the file.
      FeatureRig.until("it runs", () -> rig.state(task) == TaskState.TASK_STATE_RUNNING);
      String stack = rig.run("task", "stack", id(task));
      assertThat(stack)
          .startsWith("task " + id(task) + " on worker@")
          .contains(":" + worker.handle().pid() + " now:")
          .contains("at example.Gate.run(Gate.java:");

      GateHandler.open(gate, worker);
      assertThat(rig.result(task, Long.class)).isEqualTo(worker.handle().pid());
      CommandRun over = rig.master().run("task", "stack", id(task));
      assertThat(over.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(over.err())
          .isEqualTo("muster: task " + id(task) + " does not run: it is SUCCEEDED\n");
    }
  }

  @Test
  void shouldShowWhatAnAttemptUsed() throws IOException {
    try (Worker worker =
        rig.worker("usage").handle("burn", Integer.class, WorkerControlIT::burn).start()) {
      assertThat(worker.name()).isEqualTo("worker");
      long task = rig.put("usage", "--name", "burn", "50");
      assertThat(rig.result(task, Integer.class)).isEqualTo(50);

      JsonNode attempt =
          new ObjectMapper()
              .readTree(rig.run("task", "show", id(task), "-o", "json"))
              .get("timeline")
              .get(0);
      assertThat(attempt.get("cpu_us").asLong()).isPositive();
      assertThat(attempt.get("allocated_bytes").asLong()).isPositive();
      assertThat(rig.run("task", "explain", id(task))).contains("CPU", "ALLOCATED");
    }
  }

  /** Keeps a processor busy for so many ms, making garbage. */
  private static int burn(int ms) {
    long end = System.nanoTime() + ms * 1_000_000L;
    byte[][] garbage = new byte[100][];
    for (int i = 0; System.nanoTime() < end; i++) {
      garbage[i % garbage.length] = new byte[1_000];
    }
    return ms;
  }
}
