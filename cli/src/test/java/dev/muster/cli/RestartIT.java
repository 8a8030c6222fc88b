package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.client.TaskQueue;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a master knows beside plain tasks is there again after SIGKILL. */
@Timeout(120)
final class RestartIT {
  @TempDir Path data;

  @Test
  void shouldKeepTimesKeysSchedulesTiesAndSettingsWhenTheMasterIsKilled() {
    String key = MasterProcess.newKey();
    MasterProcess master = MasterProcess.start(data, key);
    try (Muster muster = Muster.connect(master.address(), AuthKey.of(key))) {
      // given
      TaskQueue<Integer> tasks = muster.tasks("kept", Integer.class).handler("echo");
      assertSucceeded(master.run("queue", "set", "kept", "--concurrency", "3", "--rate", "900/s"));
      assertSucceeded(
          master.run(
              "schedule",
              "add",
              "yearly",
              "--cron",
              "0 3 1 1 *",
              "--queue",
              "kept",
              "--name",
              "echo",
              "5"));
      ScheduleInfo schedule = muster.admin().schedules("yearly").findFirst().orElseThrow();
      long far = tasks.delay(Duration.ofHours(1)).enqueue(1);
      long near = tasks.delay(Duration.ofSeconds(3)).enqueue(2);
      long expiring = muster.tasks("idle", Integer.class).ttl(Duration.ofSeconds(3)).enqueue(3);
      long unique = tasks.priority(9).unique("order-17").enqueue(4);
      List<Long> graph =
          muster
              .group(IntStream.range(0, 20).mapToObj(tasks::task).toList())
              .then(tasks.handler("count").task(0))
              .enqueue()
              .all();

      // when
      int port = master.port();
      master.process().kill();
      master.close();
      master = MasterProcess.start(data, key, port);

      // then
      assertThat(tasks.enqueueUnique(6, "order-17").id()).isEqualTo(unique);
      QueueInfo queue = muster.queue("kept").orElseThrow();
      assertThat(queue.getSettings().getConcurrency()).isEqualTo(3);
      assertThat(queue.getSettings().getRate().getCount()).isEqualTo(900);
      assertThat(muster.admin().schedules("yearly").findFirst()).contains(schedule);
      try (Worker worker =
          Worker.connect(master.address(), AuthKey.of(key))
              .queue("kept")
              .handle("echo", Integer.class, n -> n)
              .handle("count", Integer.class, (n, context) -> context.inputs().size())
              .start()) {
        assertThat(await(muster, near)).isEqualTo(2);
        assertThat(await(muster, unique)).isEqualTo(4);
        assertThat(await(muster, graph.get(graph.size() - 1))).isEqualTo(20);
        assertThat(await(muster, muster.admin().runSchedule("yearly"))).isEqualTo(5);
        assertThat(worker.refused()).isZero();
      }
      assertThat(
              muster
                  .results()
                  .awaitAny(List.of(expiring), Integer.class, FeatureRig.PATIENCE)
                  .state())
          .isEqualTo(TaskState.TASK_STATE_EXPIRED);
      assertThat(muster.task(far).getState()).isEqualTo(TaskState.TASK_STATE_DELAYED);
      assertThat(muster.task(near).getTimeline(0).getOfferedMs())
          .isGreaterThanOrEqualTo(muster.task(near).getEnqueuedMs() + 3_000);
    } finally {
      master.close();
    }
  }

  private static Integer await(Muster muster, long id) {
    return muster.results().await(id, Integer.class, FeatureRig.PATIENCE);
  }

  private static void assertSucceeded(CommandRun run) {
    assertThat(run.exitCode()).as(run.err()).isZero();
  }
}
