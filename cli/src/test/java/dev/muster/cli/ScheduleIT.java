package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A schedule fires by itself. The shortest period of a cron expression is a minute: so is this. */
@Timeout(180)
final class ScheduleIT {
  @TempDir Path data;

  @Test
  void shouldFireByItselfOnceAtItsTimeAlsoAfterTheMasterWasKilled() throws InterruptedException {
    String key = MasterProcess.newKey();
    MasterProcess master = MasterProcess.start(data, key);
    try (Muster muster = Muster.connect(master.address(), AuthKey.of(key))) {
      // given
      CommandRun added =
          master.run(
              "schedule",
              "add",
              "minutely",
              "--cron",
              "* * * * *",
              "--queue",
              "cron",
              "--name",
              "tick",
              "--catch-up",
              "all",
              "17");
      assertThat(added.exitCode()).as(added.err()).isZero();
      long dueMs = schedule(muster).getNextMs();
      int port = master.port();
      master.process().kill();
      master.close();
      master = MasterProcess.start(data, key, port);

      // when
      BlockingQueue<Integer> ticks = new LinkedBlockingQueue<>();
      try (Worker worker =
          Worker.connect(master.address(), AuthKey.of(key))
              .queue("cron")
              .handle(
                  "tick",
                  Integer.class,
                  n -> {
                    ticks.add(n);
                    return n;
                  })
              .start()) {
        assertThat(ticks.poll(Duration.ofSeconds(90).toMillis(), TimeUnit.MILLISECONDS))
            .isEqualTo(17);
        assertThat(worker.refused()).isZero();
      }

      // then
      ScheduleInfo fired = schedule(muster);
      assertThat(fired.getLastMs()).isGreaterThanOrEqualTo(dueMs);
      assertThat(fired.getNextMs()).isEqualTo(dueMs + 60_000);
      TaskInfo task = muster.task(fired.getLastTask());
      assertThat(task.getQueue()).isEqualTo("cron");
      assertThat(muster.queue("cron").orElseThrow().getEnqueued()).isEqualTo(1);
    } finally {
      master.close();
    }
  }

  private static ScheduleInfo schedule(Muster muster) {
    return muster.admin().schedules("minutely").findFirst().orElseThrow();
  }
}
