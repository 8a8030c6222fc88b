package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerInfo;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a worker's tasks when it is asked to stop by signals. */
@Timeout(120)
final class WorkerStopIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;
  private static String classes = "";

  @BeforeAll
  static void compileHandler() {
    classes = GateHandler.compile(folder).toString();
  }

  private static JarProcess worker(String queue, String... more) {
    return rig.workerProcess(
        queue,
        Stream.concat(
                Stream.of("--slots", "1", "--prefetch", "1", "--classpath", classes),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static long put(String queue, Path gate) {
    return rig.put(queue, "--name", GateHandler.NAME, "\"" + gate + "\"");
  }

  private static QueueInfo queue(String name) {
    return rig.muster().queue(name).orElseThrow();
  }

  @Test
  void shouldFinishWhatRunsAndGiveTheRestBackFreeOnSigterm() {
    String queue = "finish";
    Path gate = folder.resolve(queue);
    try (JarProcess worker = worker(queue)) {
      long running = put(queue, gate);
      GateHandler.awaitReached(gate, worker);
      long waiting = put(queue, folder.resolve(queue + "-waiting"));
      FeatureRig.until(
          "it waits in the worker", () -> rig.state(waiting) == TaskState.TASK_STATE_OFFERED);

      worker.terminate();

      // at once: while the other one still runs
      FeatureRig.until("it is back", () -> rig.state(waiting) == TaskState.TASK_STATE_READY);
      assertThat(rig.state(running)).isEqualTo(TaskState.TASK_STATE_RUNNING);
      long late = put(queue, gate);
      GateHandler.open(gate, worker);
      CommandRun end = worker.awaitEnd();
      assertThat(end.exitCode()).isZero();
      assertThat(end.err()).isEmpty();
      assertThat(rig.result(running, Long.class)).isEqualTo(worker.handle().pid());
      assertThat(rig.state(late)).isEqualTo(TaskState.TASK_STATE_READY);
      assertThat(queue(queue).getReady()).isEqualTo(2);
      assertThat(queue(queue).getCrashes()).isZero();
      assertThat(rig.muster().task(waiting).getAttempts()).isZero();
    }
  }

  @Test
  void shouldGiveWhatStillRunsBackFreeWhenTheDrainTimeoutIsOver() {
    String queue = "timeout";
    Path gate = folder.resolve(queue);
    try (JarProcess worker = worker(queue, "--drain-timeout", "200ms")) {
      long id = put(queue, gate);
      GateHandler.awaitReached(gate, worker);

      worker.terminate();

      CommandRun end = worker.awaitEnd();
      assertThat(end.exitCode()).isZero();
      assertThat(end.err()).contains("they are given back");
      assertThat(rig.state(id)).isEqualTo(TaskState.TASK_STATE_READY);
      TaskInfo task = rig.muster().task(id);
      assertThat(task.getCrashes()).isZero();
      assertThat(task.getTimelineList())
          .extracting(Attempt::getEnd)
          .containsExactly(AttemptEnd.ATTEMPT_END_RETURNED);
    }
  }

  @Test
  void shouldTakeItsDrainTimeoutAlsoWhenTheMasterAsksItToDrain() {
    String queue = "asked";
    Path gate = folder.resolve(queue);
    try (JarProcess worker = worker(queue, "--drain-timeout", "200ms")) {
      long id = put(queue, gate);
      GateHandler.awaitReached(gate, worker);

      WorkerInfo info = rig.muster().admin().workers(queue).findFirst().orElseThrow();
      rig.run("drain", Long.toUnsignedString(info.getSession()));

      assertThat(worker.awaitEnd().exitCode()).isZero();
      assertThat(rig.state(id)).isEqualTo(TaskState.TASK_STATE_READY);
    }
  }

  @Test
  void shouldStopNowOnTheSecondSigterm() {
    String queue = "twice";
    Path gate = folder.resolve(queue);
    try (JarProcess worker = worker(queue)) {
      long running = put(queue, gate);
      GateHandler.awaitReached(gate, worker);
      long waiting = put(queue, folder.resolve(queue + "-waiting"));
      FeatureRig.until(
          "it waits in the worker", () -> rig.state(waiting) == TaskState.TASK_STATE_OFFERED);
      worker.terminate();
      FeatureRig.until("it drains", () -> rig.state(waiting) == TaskState.TASK_STATE_READY);
      assertThat(worker.handle().isAlive()).isTrue();

      worker.terminate();

      assertThat(worker.awaitEnd().exitCode()).isEqualTo(130);
      try (JarProcess next = worker(queue)) {
        GateHandler.open(folder.resolve(queue + "-waiting"), next);
        GateHandler.open(gate, next); // comes when the session of the dead one is over
        assertThat(rig.result(running, Long.class)).isEqualTo(next.handle().pid());
        assertThat(rig.result(waiting, Long.class)).isEqualTo(next.handle().pid());
      }
    }
  }
}
