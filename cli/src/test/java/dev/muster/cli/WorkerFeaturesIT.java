package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.proto.v1.TaskState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a person does with worker processes, through the command line. */
@Timeout(120)
final class WorkerFeaturesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;
  private static String classes = "";

  @BeforeAll
  static void compileHandler() {
    classes = GateHandler.compile(folder).toString();
  }

  @Test
  void shouldRunWhatNeedsALabelWhereItIsAndDrainAWorkerByItsSession() {
    try (JarProcess plain = rig.workerProcess("label", "--name", "plain", "--classpath", classes);
        JarProcess labelled =
            rig.workerProcess(
                "label", "--name", "labelled", "--label", "gpu=a100", "--classpath", classes)) {
      plain.awaitOut(FeatureRig.CONNECTED);
      labelled.awaitOut(FeatureRig.CONNECTED);

      // the gate is open for the labelled one only: with the other one this would never end
      for (int i = 0; i < 5; i++) {
        Path gate = folder.resolve("label" + i);
        GateHandler.open(gate, labelled);
        long id =
            rig.put(
                "label", "--name", GateHandler.NAME, "--require", "gpu=a100", "\"" + gate + "\"");
        assertThat(rig.result(id, Long.class)).isEqualTo(labelled.handle().pid());
      }

      assertThat(workers("label")).hasSize(2);
      assertThat(worker("label", "labelled").get("labels").get("gpu").asText()).isEqualTo("a100");
      rig.run("drain", worker("label", "plain").get("session").asText());
      assertThat(plain.awaitEnd().exitCode()).isZero();
      FeatureRig.until("the drained worker is gone", () -> workers("label").size() == 1);
      assertThat(worker("label", "labelled").get("state").asText()).isEqualTo("up");
    }
  }

  @Test
  void shouldStopARunningTaskInAWorkerProcessAndGoOnWithTheNext() {
    try (JarProcess worker = rig.workerProcess("stop", "--slots", "1", "--classpath", classes)) {
      Path closed = folder.resolve("closed");
      long id = rig.put("stop", "--name", GateHandler.NAME, "\"" + closed + "\"");
      GateHandler.awaitReached(closed, worker);

      assertThat(rig.run("cancel", Long.toUnsignedString(id), "--reason", "enough"))
          .isEqualTo("cancelled 0, stopping 1, untouched 0");
      assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
      assertThat(rig.muster().task(id).getCause()).contains("enough");

      Path open = folder.resolve("open");
      GateHandler.open(open, worker);
      long next = rig.put("stop", "--name", GateHandler.NAME, "\"" + open + "\"");
      assertThat(rig.result(next, Long.class)).isEqualTo(worker.handle().pid());
    }
  }

  @Test
  void shouldFinishWhatRunsBeforeADrainedWorkerEnds() {
    try (JarProcess worker = rig.workerProcess("drain", "--slots", "1", "--classpath", classes)) {
      Path gate = folder.resolve("drain");
      long running = rig.put("drain", "--name", GateHandler.NAME, "\"" + gate + "\"");
      GateHandler.awaitReached(gate, worker);
      long waiting = rig.put("drain", "--name", GateHandler.NAME, "\"" + gate + "\"");

      rig.run("drain", worker("drain", "worker").get("session").asText());
      FeatureRig.until(
          "it is draining",
          () -> worker("drain", "worker").get("state").asText().equals("draining"));
      GateHandler.open(gate, worker);

      assertThat(worker.awaitEnd().exitCode()).isZero();
      assertThat(rig.result(running, Long.class)).isEqualTo(worker.handle().pid());
      assertThat(rig.state(waiting)).isEqualTo(TaskState.TASK_STATE_READY);
    }
  }

  @Test
  void shouldSetATaskAsideWhoseWorkerDiedAndRunItWhenReleased() {
    rig.run("queue", "set", "poison", "--quarantine-after", "1");
    Path gate = folder.resolve("poison");
    long id;
    try (JarProcess victim = rig.workerProcess("poison", "--classpath", classes)) {
      id = rig.put("poison", "--name", GateHandler.NAME, "\"" + gate + "\"");
      GateHandler.awaitReached(gate, victim);
      victim.kill();
    }

    assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    assertThat(rig.run("quarantine", "ls", "poison")).contains(Long.toUnsignedString(id));
    assertThat(rig.run("quarantine", "release", "poison", "--all"))
        .isEqualTo("put back 1 tasks of queue poison");
    try (JarProcess worker = rig.workerProcess("poison", "--classpath", classes)) {
      GateHandler.open(gate, worker);
      assertThat(rig.result(id, Long.class)).isEqualTo(worker.handle().pid());
    }
  }

  private static JsonNode worker(String queue, String name) {
    for (JsonNode worker : workers(queue)) {
      if (worker.get("name").asText().equals(name)) {
        return worker;
      }
    }
    throw new AssertionError("expected a worker " + name + " of queue " + queue);
  }

  private static JsonNode workers(String queue) {
    try {
      return JSON.readTree(rig.run("workers", "--queue", queue, "-o", "json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
