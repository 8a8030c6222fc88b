package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker whose handlers end, kill and fill their processes. */
@Timeout(180)
final class IsolationIT {
  /** Dies as its payload says; "live" answers with the worker's process id. */
  private static final String SOURCE =
      """
      package example;

      import dev.muster.common.codec.Codec;
      import dev.muster.common.codec.Codecs;
      import dev.muster.worker.TaskContext;
      import dev.muster.worker.TaskHandler;
      import java.util.ArrayList;
      import java.util.List;

      public final class Die implements TaskHandler<String> {
        @Override
        public String name() {
          return "die";
        }

        @Override
        public Codec<String> payload() {
          return Codecs.json(String.class);
        }

        @Override
        public Object run(String how, TaskContext context) throws Exception {
          ProcessHandle self = ProcessHandle.current();
          switch (how) {
            case "exit" -> System.exit(3);
            case "kill" ->
                new ProcessBuilder("kill", "-9", Long.toString(self.pid())).start().waitFor();
            case "memory" -> {
              List<byte[]> all = new ArrayList<>();
              while (true) {
                all.add(new byte[1 << 20]);
              }
            }
            default -> {}
          }
          return self.parent().orElseThrow().pid();
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void shouldCountCrashesWithTheirCausesAndGoOn() throws IOException {
    try (FeatureRig rig = FeatureRig.start(folder.resolve("data"));
        JarProcess worker = worker(rig)) {
      worker.awaitOut(FeatureRig.CONNECTED);
      rig.run("queue", "set", "jobs", "--quarantine-after", "2");

      List<Long> living = new ArrayList<>();
      living.add(rig.put("jobs", "--name", "die", "\"live\""));
      long exit = rig.put("jobs", "--name", "die", "\"exit\"");
      living.add(rig.put("jobs", "--name", "die", "\"live\""));
      long kill = rig.put("jobs", "--name", "die", "\"kill\"");
      long memory = rig.put("jobs", "--name", "die", "\"memory\"");
      living.add(rig.put("jobs", "--name", "die", "\"live\""));

      assertCrashed(rig, exit, "exit code 3");
      assertCrashed(rig, kill, "exit code 137 (killed by signal 9, SIGKILL)");
      assertCrashed(rig, memory, "out of memory (Java heap space): heap limit 64 MiB");
      living.add(rig.put("jobs", "--name", "die", "\"live\""));
      for (long id : living) {
        assertThat(rig.result(id, Long.class)).isEqualTo(worker.handle().pid());
        assertThat(rig.muster().task(id).getCrashes()).isZero();
      }
      assertThat(rig.run("task", "explain", Long.toUnsignedString(exit)))
          .contains("the process of its handler died: exit code 3");

      List<ProcessHandle> processes = worker.handle().descendants().toList();
      assertThat(processes).isNotEmpty();
      worker.terminate();
      assertThat(worker.awaitEnd().exitCode()).isZero();
      processes.forEach(process -> process.onExit().join());
    }
  }

  @Test
  void shouldFailOnlyTheItemOfAChunkThatKillsItsProcess() throws IOException {
    List<String> items = new ArrayList<>(Collections.nCopies(40, "live"));
    items.set(17, "exit");
    try (FeatureRig rig = FeatureRig.start(folder.resolve("data"));
        JarProcess worker = worker(rig);
        Pool pool = rig.muster().pool("jobs");
        MapResults<Long> results =
            pool.imap(
                RemoteFunction.of("die", String.class, Long.class),
                items.iterator(),
                MapOptions.defaults().chunkSize(20))) {
      for (int i = 0; i < items.size(); i++) {
        ItemResult<Long> item = results.nextResult();
        assertThat(item.index()).isEqualTo(i);
        RemoteFailure failure = item.failure();
        if (i == 17) {
          assertThat(failure).isNotNull();
          assertThat(failure.kind()).isEqualTo("muster.Quarantined");
          assertThat(failure).hasMessageContaining("exit code 3");
        } else {
          assertThat(failure).as("item %d", i).isNull();
          assertThat(item.value()).isEqualTo(worker.handle().pid());
        }
      }
      assertThat(results.hasNext()).isFalse();
      assertThat(results.progress().failed()).isEqualTo(1);
    }
  }

  private JarProcess worker(FeatureRig rig) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaSources.compile(classes, Files.writeString(folder.resolve("Die.java"), SOURCE));
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(services.resolve("dev.muster.worker.TaskHandler"), "example.Die\n");
    return rig.workerProcess(
        "jobs",
        "--slots",
        "2",
        "--isolation",
        "process",
        "--child-heap",
        "64m",
        "--classpath",
        classes.toString());
  }

  private static void assertCrashed(FeatureRig rig, long id, String cause) {
    assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    TaskInfo task = rig.muster().task(id);
    assertThat(task.getCause()).isEqualTo("it crashed 2 times, last: " + cause);
    assertThat(task.getCrashes()).isEqualTo(2);
    assertThat(task.getFailures()).isZero();
    assertThat(task.getTimelineList())
        .extracting(Attempt::getEnd)
        .containsExactly(AttemptEnd.ATTEMPT_END_CRASHED, AttemptEnd.ATTEMPT_END_CRASHED);
    assertThat(task.getTimelineList()).extracting(Attempt::getCause).containsOnly(cause);
  }
}
