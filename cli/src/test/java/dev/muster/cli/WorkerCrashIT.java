package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.QueueInfo;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills worker processes with SIGKILL under load: every task is finished by somebody, and counts
 * once.
 */
@Timeout(300)
final class WorkerCrashIT {
  private static final String CONNECTED = "muster worker .*";
  private static final int KILLS = 3;
  private static final int TASKS_PER_KILL = 30_000;

  @TempDir Path data;

  @Test
  void shouldFinishEveryTaskOnceWhenWorkersAreKilled() throws Exception {
    String key = MasterProcess.newKey();
    try (MasterProcess master = MasterProcess.start(data, key);
        Muster muster = Muster.connect(master.address(), AuthKey.of(key));
        JarProcess survivor = worker(master);
        ResultCounter<String> results =
            new ResultCounter<>(master.address(), key, "results", String.class)) {
      survivor.awaitOut(CONNECTED);
      for (int kill = 1; kill <= KILLS; kill++) {
        try (JarProcess victim = worker(master)) {
          victim.awaitOut(CONNECTED);
          muster
              .tasks("tasks", Integer.class)
              .handler("square")
              .resultsTo("results")
              .enqueueAll(
                  IntStream.range((kill - 1) * TASKS_PER_KILL, kill * TASKS_PER_KILL)
                      .boxed()
                      .toList());
          results.awaitAll((kill - 1L) * TASKS_PER_KILL + TASKS_PER_KILL / 10);
          victim.kill();
        }
        results.awaitAll((long) kill * TASKS_PER_KILL);
      }

      long put = (long) KILLS * TASKS_PER_KILL;
      assertThat(results.flush()).isTrue();
      QueueInfo tasks = muster.queue("tasks").orElseThrow();
      assertThat(tasks.getEnqueued()).isEqualTo(put);
      assertThat(tasks.getSucceeded()).as("each completed once").isEqualTo(put);
      assertThat(tasks.getFailed()).isZero();
      QueueInfo queue = muster.queue("results").orElseThrow();
      assertThat(queue.getEnqueued()).as("one result for each").isEqualTo(put);
      assertThat(queue.getSucceeded()).as("each result taken once").isEqualTo(put);
    }
  }

  private static JarProcess worker(MasterProcess master) {
    Map<String, String> environment = new HashMap<>(master.environment());
    return JarProcess.start(
        environment, "worker", "--queue", "tasks", "--slots", "2", "--prefetch", "500");
  }
}
