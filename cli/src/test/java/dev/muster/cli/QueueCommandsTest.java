package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.DeleteScheduleReply;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.ListQueuesReply;
import dev.muster.proto.v1.ListSchedulesReply;
import dev.muster.proto.v1.ListTenantsReply;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.PauseScheduleRequest;
import dev.muster.proto.v1.PutScheduleRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.RunScheduleReply;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.SchedulesGrpc;
import dev.muster.proto.v1.TenantInfo;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands about queues, tenants and schedules ask, and what they print. */
class QueueCommandsTest {
  @TempDir private Path folder;
  private FakeMaster master;

  @BeforeEach
  void start() {
    master = FakeMaster.start(folder);
    master.on(QueuesGrpc.getGetQueueMethod(), request -> List.of(queue()));
    master.on(
        QueuesGrpc.getConfigureQueueMethod(),
        request -> List.of(queue().toBuilder().setSettings(request.getSettings()).build()));
  }

  @AfterEach
  void stop() {
    master.close();
  }

  @Test
  void shouldShowCountsAndSettingsOfAQueue() {
    CommandRun table = master.run("queue", "show", "mail");
    CommandRun json = master.run("queue", "show", "mail", "-o", "json");

    assertThat(table.outLines())
        .contains(
            "name                mail",
            "running             12",
            "oldest-ready        2030-03-17T17:46:40Z",
            "rate                100/s,burst 500",
            "dead-for            90d",
            "retained-bytes      256MiB",
            "concurrency         no limit",
            "backoff-max         30d",
            "max-attempts        4");
    assertThat(json.out())
        .contains("\"running\":12", "\"rate\":\"100/s,burst 500\"", "\"dead_ms\":7776000000");
  }

  @Test
  void shouldSetWhatIsNamedAndNothingElse() {
    CommandRun run =
        master.run(
            ("queue set mail --max-length 1000 --overflow drop-oldest --rate 100/s,burst=500 --tenant-concurrency 3"
                    + " --tenant-rate 6/m --ageing 10s --retained-max 5 --retained-for 1d --retained-bytes 1MiB"
                    + " --dead-max 6 --dead-for 2d --dead-bytes 2MiB --history 7 --quarantine-after 0")
                .split(" "));

    assertThat(run.exitCode()).isZero();
    assertThat(master.lastRequest(ConfigureQueueRequest.class))
        .isEqualTo(
            ConfigureQueueRequest.newBuilder()
                .setQueue("mail")
                .setSettings(
                    QueueSettings.newBuilder()
                        .setMaxLength(1_000)
                        .setOverflow(Overflow.OVERFLOW_DROP_OLDEST)
                        .setRate(Rate.newBuilder().setCount(100).setPeriodMs(1_000).setBurst(500))
                        .setTenantConcurrency(3)
                        .setTenantRate(Rate.newBuilder().setCount(6).setPeriodMs(60_000))
                        .setAgeingMs(10_000)
                        .setRetainedMax(5)
                        .setRetainedMs(86_400_000)
                        .setRetainedBytes(1 << 20)
                        .setDeadMax(6)
                        .setDeadMs(172_800_000)
                        .setDeadBytes(2 << 20)
                        .setHistoryMax(7)
                        .setQuarantineAfter(0))
                .build());
  }

  @Test
  void shouldKeepTheAttemptsWhenOnlyTheBackoffIsSet() {
    CommandRun run = master.run("queue", "set", "mail", "--backoff", "2s..1h");

    assertThat(run.err()).isEmpty();
    assertThat(master.lastRequest(ConfigureQueueRequest.class).getSettings())
        .isEqualTo(
            QueueSettings.newBuilder()
                .setRetry(
                    RetryPolicy.newBuilder()
                        .setMaxAttempts(4)
                        .setBackoffMinMs(2_000)
                        .setBackoffMaxMs(3_600_000))
                .build());
  }

  @Test
  void shouldSayThatALimitBelowWhatRunsAppliesFromNowOn() {
    CommandRun run = master.run("queue", "set", "mail", "--concurrency", "5");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .isEqualTo(
            "muster: 12 tasks of queue mail are leased now, more than --concurrency 5: it applies from now on and stops"
                + " none of them\n");
    assertThat(master.run("queue", "set", "mail", "--concurrency", "12").err()).isEmpty();
  }

  @Test
  void shouldPauseResumeAndDrain() {
    CommandRun pause = master.run("pause", "mail");
    QueueSettings paused = master.lastRequest(ConfigureQueueRequest.class).getSettings();
    master.run("queue", "drain", "mail");
    QueueSettings draining = master.lastRequest(ConfigureQueueRequest.class).getSettings();
    master.run("resume", "mail");
    QueueSettings open = master.lastRequest(ConfigureQueueRequest.class).getSettings();

    assertThat(pause.out()).isEqualTo("queue mail is paused: 3 tasks wait, 12 run on\n");
    assertThat(master.run("queue", "pause", "mail")).isEqualTo(pause);
    assertThat(paused).isEqualTo(QueueSettings.newBuilder().setPaused(true).build());
    assertThat(draining).isEqualTo(QueueSettings.newBuilder().setDraining(true).build());
    assertThat(open)
        .isEqualTo(QueueSettings.newBuilder().setPaused(false).setDraining(false).build());
  }

  @Test
  void shouldListAndSetTenants() {
    TenantInfo acme =
        TenantInfo.newBuilder().setTenant("acme").setWeight(300).setRunning(9).build();
    master.on(
        QueuesGrpc.getListTenantsMethod(),
        request -> List.of(ListTenantsReply.newBuilder().addTenants(acme).build()));
    master.on(QueuesGrpc.getConfigureTenantMethod(), request -> List.of(acme));

    CommandRun list = master.run("queue", "tenants", "mail");
    CommandRun set =
        master.run(
            "queue", "tenant", "set", "mail", "acme", "--weight", "300", "--concurrency", "5");

    assertThat(list.outLines().get(1)).matches("acme +300 +0 +9 +queue's +queue's +0");
    assertThat(set.err()).contains("9 tasks of tenant acme run now, more than --concurrency 5");
    assertThat(master.lastRequest(ConfigureTenantRequest.class))
        .isEqualTo(
            ConfigureTenantRequest.newBuilder()
                .setQueue("mail")
                .setTenant("acme")
                .setWeight(300)
                .setConcurrency(5)
                .build());
  }

  @Test
  void shouldAddListRunPauseAndRemoveSchedules() {
    ScheduleInfo nightly =
        ScheduleInfo.newBuilder()
            .setSchedule(
                Schedule.newBuilder().setName("nightly").setCron("0 3 * * *").setQueue("reports"))
            .setNextMs(1_896_080_400_000L)
            .build();
    master.on(SchedulesGrpc.getPutScheduleMethod(), request -> List.of(nightly));
    master.on(SchedulesGrpc.getPauseScheduleMethod(), request -> List.of(nightly));
    master.on(
        SchedulesGrpc.getDeleteScheduleMethod(),
        request -> List.of(DeleteScheduleReply.getDefaultInstance()));
    master.on(
        SchedulesGrpc.getRunScheduleMethod(),
        request -> List.of(RunScheduleReply.newBuilder().setTask(77).build()));
    master.on(
        SchedulesGrpc.getListSchedulesMethod(),
        request -> List.of(ListSchedulesReply.newBuilder().addSchedules(nightly).build()));

    CommandRun add =
        master.run(
            "schedule",
            "add",
            "nightly",
            "--cron",
            "0 3 * * *",
            "--zone",
            "Europe/Berlin",
            "--queue",
            "reports",
            "--name",
            "build",
            "--catch-up",
            "all",
            "--ttl",
            "1h",
            "[1]");
    Schedule sent = master.lastRequest(PutScheduleRequest.class).getSchedule();

    assertThat(add.outLines()).contains("next       2030-01-31T09:00:00Z");
    assertThat(sent.getName()).isEqualTo("nightly");
    assertThat(sent.getCron()).isEqualTo("0 3 * * *");
    assertThat(sent.getZone()).isEqualTo("Europe/Berlin");
    assertThat(sent.getCatchUp()).isEqualTo(CatchUp.CATCH_UP_ALL);
    assertThat(sent.getPayload().toStringUtf8()).isEqualTo("[1]");
    assertThat(sent.getOptions().getHandler()).isEqualTo("build");
    assertThat(sent.getOptions().getTtlMs()).isEqualTo(3_600_000);
    assertThat(sent.getOptions().getContentType()).isEqualTo("application/json");
    assertThat(master.run("schedule", "ls").outLines().get(1)).contains("nightly", "0 3 * * *");
    assertThat(master.run("schedule", "run", "nightly").out()).isEqualTo("77\n");
    assertThat(master.run("schedule", "pause", "nightly").exitCode()).isZero();
    assertThat(master.lastRequest(PauseScheduleRequest.class).getPaused()).isTrue();
    assertThat(master.run("schedule", "resume", "nightly").out())
        .isEqualTo("schedule nightly goes on, next at 2030-01-31T09:00:00Z\n");
    assertThat(master.run("schedule", "rm", "nightly").exitCode()).isZero();
    assertThat(master.lastRequest(DeleteScheduleRequest.class).getName()).isEqualTo("nightly");
  }

  @Test
  void shouldListSinceWhenTheOldestTaskOfAQueueWaits() {
    master.on(
        QueuesGrpc.getListQueuesMethod(),
        request ->
            List.of(
                ListQueuesReply.newBuilder()
                    .addQueues(queue())
                    .addQueues(queue().toBuilder().clearOldestReadyMs())
                    .build()));
    CommandRun table = master.run("queues");
    assertThat(table.outLines().get(0)).endsWith("OLDEST READY");
    assertThat(table.outLines().get(1)).endsWith(" 0  2030-03-17T17:46:40Z");
    assertThat(table.outLines().get(2)).endsWith(" 0");
    assertThat(master.run("queues", "-o", "json").out())
        .containsOnlyOnce("\"oldest_ready\"")
        .contains("2030-03-17T17:46:40Z");
  }

  private static QueueInfo queue() {
    return QueueInfo.newBuilder()
        .setName("mail")
        .setReady(3)
        .setOldestReadyMs(1_900_000_000_000L)
        .setRunning(12)
        .setSettings(
            QueueSettings.newBuilder()
                .setRate(Rate.newBuilder().setCount(100).setBurst(500))
                .setRetry(
                    RetryPolicy.newBuilder()
                        .setMaxAttempts(4)
                        .setBackoffMaxMs((int) 2_592_000_000L))
                .setDeadMs(7_776_000_000L)
                .setRetainedBytes(256 << 20))
        .build();
  }
}
