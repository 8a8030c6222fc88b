package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that is paused for longer than its session lives cannot complete what it held. */
@Timeout(180)
final class PausedWorkerIT {
  private static final String QUEUE = "paused";

  @TempDir Path folder;

  @Test
  void shouldFenceOffAWorkerThatWasPausedPastItsSessionAndLetItWorkOn() {
    String classes = GateHandler.compile(folder).toString();
    try (FeatureRig rig = FeatureRig.start(folder.resolve("data"));
        JarProcess first =
            rig.workerProcess(QUEUE, "--slots", "1", "--name", "first", "--classpath", classes)) {
      // given: the first one runs it, and is paused
      first.awaitOut(FeatureRig.CONNECTED);
      Path gate = folder.resolve("contested");
      long id = rig.put(QUEUE, "--name", GateHandler.NAME, "\"" + gate + "\"");
      GateHandler.awaitReached(gate, first);
      first.pause();
      try (JarProcess second =
          rig.workerProcess(QUEUE, "--slots", "1", "--name", "second", "--classpath", classes)) {
        GateHandler.awaitReached(gate, second);

        // when: the first one goes on, and its handler returns at once
        GateHandler.open(gate, first);
        first.goOn();

        // then: it hears that it is too late, and the second one's attempt stands
        first.awaitErr(".*belongs to others by now; it starts a new session.*");
        first.awaitOut("muster worker is connected again");
        assertThat(rig.state(id)).isEqualTo(TaskState.TASK_STATE_RUNNING);
        GateHandler.open(gate, second);
        assertThat(rig.result(id, Long.class)).isEqualTo(second.handle().pid());
        second.terminate();
        assertThat(second.awaitEnd().exitCode()).isZero();
      }
      TaskInfo task = rig.muster().task(id);
      assertThat(task.getCrashes()).isEqualTo(1);
      assertThat(task.getTimelineList())
          .extracting(Attempt::getEnd)
          .containsExactly(AttemptEnd.ATTEMPT_END_CRASHED, AttemptEnd.ATTEMPT_END_SUCCEEDED);
      assertThat(task.getTimeline(0).getWorker()).contains("first");
      assertThat(task.getTimeline(1).getWorker()).contains("second");
      assertThat(rig.muster().queue(QUEUE).orElseThrow().getSucceeded()).isEqualTo(1);

      Path next = folder.resolve("next");
      long later = rig.put(QUEUE, "--name", GateHandler.NAME, "\"" + next + "\"");
      GateHandler.awaitReached(next, first);
      GateHandler.open(next, first);
      assertThat(rig.result(later, Long.class)).isEqualTo(first.handle().pid());
    }
  }
}
