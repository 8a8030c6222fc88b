package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.DrainWorkerReply;
import dev.muster.proto.v1.DrainWorkerRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Event;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.KillWorkerReply;
import dev.muster.proto.v1.KillWorkerRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.Usage;
import dev.muster.proto.v1.VerifyReply;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WorkerInfo;
import dev.muster.proto.v1.WorkersGrpc;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands about tasks, workers and the whole master ask, and what they print. */
class AdminCommandsTest {
  private static final String JSON = "application/json";

  @TempDir private Path folder;
  private FakeMaster master;

  @BeforeEach
  void start() {
    master = FakeMaster.start(folder);
  }

  @AfterEach
  void stop() {
    master.close();
  }

  @Test
  void shouldSendEveryOptionOfPut() {
    CommandRun run =
        master.run(
            ("put --queue mail --name send --priority 9 --delay 5s --ttl 1m --max-attempts 5 --backoff 1s..1m"
                    + " --run-limit 1h --progress-timeout 30s --unique k --unique-for 1d --group g --tenant acme"
                    + " --cost 2 --require gpu=yes --require zone=a --header trace=1 --result-queue out 1 2")
                .split(" "));

    assertThat(run).isEqualTo(new CommandRun(0, "7\n8\n", ""));
    List<EnqueueRequest> all = master.requests(EnqueueRequest.class); // one, or one for each task
    EnqueueRequest sent = all.get(all.size() - 1);
    TaskOptions options = sent.getOptions();
    assertThat(sent.getQueue()).isEqualTo("mail");
    assertThat(sent.getDelayMs()).isEqualTo(5_000);
    assertThat(sent.getUniqueForMs()).isEqualTo(86_400_000);
    assertThat(all).flatExtracting(EnqueueRequest::getUniqueKeysList).containsExactly("k", "k");
    assertThat(all)
        .flatExtracting(each -> keys(each.getGroupsList(), each.getGroupIndexesList()))
        .containsExactly("g", "g");
    assertThat(all)
        .flatExtracting(each -> keys(each.getTenantsList(), each.getTenantIndexesList()))
        .containsExactly("acme", "acme");
    assertThat(options.getHandler()).isEqualTo("send");
    assertThat(options.getPriority()).isEqualTo(9);
    assertThat(options.getTtlMs()).isEqualTo(60_000);
    assertThat(options.getRetry().getMaxAttempts()).isEqualTo(5);
    assertThat(options.getRetry().getBackoffMinMs()).isEqualTo(1_000);
    assertThat(options.getRetry().getBackoffMaxMs()).isEqualTo(60_000);
    assertThat(options.getRunLimitMs()).isEqualTo(3_600_000);
    assertThat(options.getProgressTimeoutMs()).isEqualTo(30_000);
    assertThat(options.getCost()).isEqualTo(2);
    assertThat(options.getRequiresMap()).containsEntry("gpu", "yes").containsEntry("zone", "a");
    assertThat(options.getHeadersMap()).containsEntry("trace", "1");
    assertThat(options.getResultQueue()).isEqualTo("out");
  }

  /** The key of each task: what several share may be said once. */
  private static List<String> keys(List<String> keys, List<Integer> indexes) {
    return indexes.isEmpty() ? keys : indexes.stream().map(keys::get).toList();
  }

  @Test
  void shouldSayWhatIsWrongWithAnOptionOfPut() {
    CommandRun run = master.run("put", "--queue", "mail", "--priority", "10", "1");

    assertThat(run.err()).isEqualTo("muster: priority must be 0 to 9, found 10\n");
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void shouldShowATaskWithItsAttempts() {
    master.on(TasksGrpc.getGetTaskMethod(), request -> List.of(failedTask()));

    CommandRun table = master.run("task", "show", "5");
    CommandRun json = master.run("task", "show", "5", "-o", "json");

    assertThat(table.outLines())
        .contains(
            "id         5",
            "state      FAILED",
            "tenant     acme",
            "due        2030-01-31T09:00:00Z",
            "failure    java.io.IOException: no route");
    assertThat(table.outLines().get(table.outLines().size() - 1))
        .matches(
            " +1  w@h:1 +2030-01-31T09:00:00Z  2030-01-31T09:00:01Z  .* 1s500ms  CRASHED  silent");
    assertThat(json.out()).contains("\"id\":5,", "\"end\":\"CRASHED\"", "\"ran_ms\":1500");
  }

  @Test
  void shouldShowWhatAnAttemptUsed() {
    TaskInfo task =
        task(5).toBuilder()
            .addTimeline(
                Attempt.newBuilder()
                    .setWorker("w@h:1")
                    .setEnd(AttemptEnd.ATTEMPT_END_SUCCEEDED)
                    .setUsage(Usage.newBuilder().setCpuUs(1_250_400).setAllocatedBytes(52_428_800)))
            .build();
    master.on(TasksGrpc.getGetTaskMethod(), request -> List.of(task));
    master.on(
        TasksGrpc.getExplainMethod(),
        request -> List.of(ExplainReply.newBuilder().setTask(task).build()));

    List<String> show = master.run("task", "show", "5").outLines();
    List<String> explain = master.run("task", "explain", "5").outLines();
    CommandRun json = master.run("task", "show", "5", "-o", "json");

    assertThat(show.get(show.size() - 2)).contains("RAN  CPU      ALLOCATED  END");
    assertThat(show.get(show.size() - 1)).matches(" +1  w@h:1 .* 1s250ms  50MiB +SUCCEEDED *");
    assertThat(explain).endsWith(show.get(show.size() - 2), show.get(show.size() - 1));
    assertThat(json.out()).contains("\"cpu_us\":1250400,\"allocated_bytes\":52428800,");
  }

  @Test
  void shouldPrintTheStackOfAHandler() {
    master.on(
        TasksGrpc.getStackMethod(),
        request ->
            List.of(StackReply.newBuilder().setWorker("w@h:1").setText("at A\nat B").build()));

    CommandRun text = master.run("task", "stack", "5");
    CommandRun json = master.run("task", "stack", "5", "-o", "json");

    assertThat(text).isEqualTo(new CommandRun(0, "task 5 on w@h:1 now:\nat A\nat B\n", ""));
    assertThat(json.out()).isEqualTo("{\"id\":5,\"worker\":\"w@h:1\",\"stack\":\"at A\\nat B\"}\n");
  }

  @Test
  void shouldListTasksPageByPageUpToTheLimit() {
    master.on(
        TasksGrpc.getListTasksMethod(),
        request ->
            List.of(
                ListTasksReply.newBuilder()
                    .addTasks(task(request.getCursor().isEmpty() ? 1 : 2))
                    .setCursor(
                        request.getCursor().isEmpty()
                            ? ByteString.copyFromUtf8("second")
                            : ByteString.EMPTY)
                    .build()));

    CommandRun all =
        master.run("task", "ls", "mail", "--state", "ready", "--handler", "send", "--limit", "0");
    CommandRun one = master.run("task", "ls", "mail", "--state", "READY", "--limit", "1");
    CommandRun json = master.run("task", "ls", "mail", "--state", "ready", "-o", "json");

    assertThat(all.outLines()).hasSize(3);
    assertThat(all.outLines().get(0)).startsWith("ID  STATE  HANDLER");
    assertThat(one.outLines()).hasSize(2);
    assertThat(one.err()).isEqualTo("muster: there are more than 1; --limit 0 lists all\n");
    assertThat(json.out()).startsWith("[{\"id\":1,").contains("},\n{\"id\":2,").endsWith("}]\n");
    assertThat(master.requests(ListTasksRequest.class).get(0).getFilter())
        .isEqualTo(
            TaskFilter.newBuilder()
                .setQueue("mail")
                .setState(TaskState.TASK_STATE_READY)
                .setHandler("send")
                .build());
  }

  @Test
  void shouldListDeadLettersWithTheirFailure() {
    master.on(
        TasksGrpc.getListTasksMethod(),
        request -> List.of(ListTasksReply.newBuilder().addTasks(failedTask()).build()));

    CommandRun run = master.run("dead", "ls", "mail", "--kind", "java.io.");

    assertThat(run.outLines().get(1)).contains("java.io.IOException: no route");
    TaskFilter filter = master.lastRequest(ListTasksRequest.class).getFilter();
    assertThat(filter.getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(filter.getFailureKind()).isEqualTo("java.io.");
  }

  @Test
  void shouldPutBackAndDropWhatWasChosen() {
    BulkReply three = BulkReply.newBuilder().setCount(3).build();
    master.on(TasksGrpc.getReplayMethod(), request -> List.of(three));
    master.on(TasksGrpc.getDropMethod(), request -> List.of(three));

    CommandRun replay =
        master.run("dead", "replay", "mail", "5", "6", "--before", "2030-01-31T10:00+01:00");
    TaskFilter replayed = master.lastRequest(BulkRequest.class).getFilter();
    CommandRun release = master.run("quarantine", "release", "mail", "--all");
    TaskFilter released = master.lastRequest(BulkRequest.class).getFilter();
    CommandRun purge = master.run("purge", "mail");

    assertThat(replay.out()).isEqualTo("put back 3 tasks of queue mail\n");
    assertThat(replayed.getIdsList()).containsExactly(5L, 6L);
    assertThat(replayed.getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(replayed.getEnqueuedBeforeMs()).isEqualTo(1_896_080_400_000L);
    assertThat(release.exitCode()).isZero();
    assertThat(released)
        .isEqualTo(
            TaskFilter.newBuilder()
                .setQueue("mail")
                .setState(TaskState.TASK_STATE_QUARANTINED)
                .build());
    assertThat(purge.out()).isEqualTo("dropped 6 waiting tasks of queue mail\n");
    assertThat(master.run("queue", "purge", "mail")).isEqualTo(purge);
  }

  @Test
  void shouldCancelByIdAndByFilter() {
    master.on(
        TasksGrpc.getCancelMethod(),
        request -> List.of(CancelReply.newBuilder().setCancelled(2).setCancelling(1).build()));

    CommandRun byId = master.run("cancel", "5", "6", "7", "--subtree", "--reason", "wrong");
    CancelRequest ids = master.lastRequest(CancelRequest.class);
    CommandRun byFilter = master.run("cancel", "--queue", "mail", "--state", "ready");
    CancelRequest filter = master.lastRequest(CancelRequest.class);

    assertThat(byId).isEqualTo(new CommandRun(0, "cancelled 2, stopping 1, untouched 0\n", ""));
    assertThat(byFilter).isEqualTo(byId);
    assertThat(ids.getIdsList()).containsExactly(5L, 6L, 7L);
    assertThat(ids.getSubtree()).isTrue();
    assertThat(ids.getReason()).isEqualTo("wrong");
    assertThat(filter.getIdsCount()).isZero();
    assertThat(filter.getFilter().getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldExplainInSentences() {
    master.on(
        TasksGrpc.getExplainMethod(),
        request ->
            List.of(
                ExplainReply.newBuilder()
                    .setTask(task(request.getId()))
                    .addReasons(
                        Reason.newBuilder()
                            .setRule("GROUP_BUSY")
                            .setMessage("task 4 of group g runs, since 12 s"))
                    .build()));

    CommandRun run = master.run("task", "explain", "5");

    assertThat(run.out())
        .isEqualTo(
            """
            task 5 of queue mail, handler send, is READY
            - task 4 of group g runs, since 12 s [GROUP_BUSY]
            """);
    assertThat(master.run("task", "explain", "5", "-o", "json").out())
        .contains("\"reasons\":[{\"rule\":\"GROUP_BUSY\",\"message\":\"task 4 of");
  }

  @Test
  void shouldPrintWhatTasksSayUntilTheyEnd() {
    master.on(
        TasksGrpc.getWatchMethod(),
        request ->
            List.of(
                WatchReply.newBuilder()
                    .setProgress(
                        Progress.newBuilder().setId(5).setFraction(0.4).setMessage("page 4"))
                    .build(),
                WatchReply.newBuilder()
                    .setLog(LogLine.newBuilder().setId(5).setLevel("WARN").setText("slow"))
                    .build(),
                WatchReply.newBuilder()
                    .setPartial(
                        PartialResult.newBuilder()
                            .setId(5)
                            .setNumber(1)
                            .setContentType(JSON)
                            .setValue(ByteString.copyFromUtf8("[1]")))
                    .build(),
                WatchReply.newBuilder()
                    .setEnded(
                        TaskResult.newBuilder().setId(5).setState(TaskState.TASK_STATE_CANCELLED))
                    .build()));

    CommandRun run = master.run("task", "watch", "5");

    assertThat(run.outLines())
        .containsExactly("5  40 %  page 4", "5  WARN  slow", "5  part 1  [1]", "5  CANCELLED");
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(master.run("task", "watch", "5", "-o", "json").outLines())
        .contains(
            "{\"id\":5,\"progress\":0.4,\"message\":\"page 4\"}",
            "{\"id\":5,\"part\":1,\"partial\":[1]}");
  }

  @Test
  void shouldListWorkersAndEndThem() {
    master.on(
        WorkersGrpc.getListWorkersMethod(),
        request ->
            List.of(
                ListWorkersReply.newBuilder()
                    .addWorkers(
                        WorkerInfo.newBuilder()
                            .setSession(-1)
                            .setName("w")
                            .setHost("h")
                            .setPid(3)
                            .addHandlers("send")
                            .addQueues("a")
                            .addQueues("b")
                            .setSlots(4)
                            .setCredit(3)
                            .setSilentMs(1_500)
                            .putLabels("gpu", "yes"))
                    .build()));
    master.on(
        WorkersGrpc.getDrainWorkerMethod(),
        request -> List.of(DrainWorkerReply.getDefaultInstance()));
    master.on(
        WorkersGrpc.getKillWorkerMethod(),
        request -> List.of(KillWorkerReply.getDefaultInstance()));

    CommandRun list = master.run("workers", "--queue", "a");
    CommandRun json = master.run("workers", "-o", "json");
    CommandRun drain = master.run("drain", "18446744073709551615");
    CommandRun kill = master.run("kill", "w@h:3");
    CommandRun unknown = master.run("kill", "x@h:3");

    assertThat(list.outLines().get(1))
        .startsWith("18446744073709551615  w@h:3 ")
        .contains(" lost ", " 1s500ms ", " a b ", " send ", " gpu=yes");
    assertThat(json.out())
        .contains("\"worker\":\"w@h:3\",\"name\":\"w\",\"host\":\"h\",\"pid\":3,");
    assertThat(drain).isEqualTo(new CommandRun(0, "worker w@h:3 was asked to finish and go\n", ""));
    assertThat(master.lastRequest(DrainWorkerRequest.class).getSession()).isEqualTo(-1);
    assertThat(kill.out()).isEqualTo("worker w@h:3 was asked to end at once\n");
    assertThat(master.lastRequest(KillWorkerRequest.class).getSession()).isEqualTo(-1);
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(unknown.err()).startsWith("muster: no worker's name@host:pid begins with x@h:3");
  }

  @Test
  void shouldEndWithOneWhenSomethingDoesNotAddUp() {
    master.on(
        QueuesGrpc.getVerifyMethod(),
        request ->
            List.of(
                VerifyReply.newBuilder()
                    .addDrift("queue a: counted 3 ready, the record says 4")
                    .setQueues(2)
                    .setTasks(10)
                    .setAppliedIndex(99)
                    .build()));

    CommandRun run = master.run("verify");

    assertThat(run)
        .isEqualTo(
            new CommandRun(
                1,
                """
                queue a: counted 3 ready, the record says 4
                1 thing does not add up: counted 10 tasks of 2 queues, up to log entry 99
                """,
                ""));
  }

  @Test
  void shouldEndWithZeroWhenEverythingAddsUp() {
    master.on(QueuesGrpc.getVerifyMethod(), request -> List.of(VerifyReply.getDefaultInstance()));

    CommandRun run = master.run("verify");

    assertThat(run.out()).startsWith("everything adds up: ");
    assertThat(run.exitCode()).isZero();
    assertThat(master.run("verify", "-o", "json").out()).startsWith("{\"ok\":true,");
  }

  @Test
  void shouldPrintEventsAndSayHowManyWereMissed() {
    CommandRun run = tailOfOneReply("tail", "ma");

    assertThat(run.outLines()).contains("2030-01-31T09:00:00Z  mail  5  RUNNING  send on w@h:1");
    assertThat(run.errLines())
        .contains("muster: 3 events were missed: they came faster than they were read");
  }

  /** The master refuses the second time, so that the command ends. */
  private CommandRun tailOfOneReply(String... command) {
    boolean[] asked = new boolean[1];
    master.on(
        QueuesGrpc.getTailMethod(),
        request -> {
          if (asked[0]) {
            throw Status.FAILED_PRECONDITION.asRuntimeException(); // not to be tried again
          }
          asked[0] = true;
          return List.of(
              TailReply.newBuilder()
                  .setMissed(3)
                  .addEvents(
                      Event.newBuilder()
                          .setAtMs(1_896_080_400_000L)
                          .setQueue("mail")
                          .setTask(5)
                          .setState(TaskState.TASK_STATE_RUNNING)
                          .setDetail("send on w@h:1"))
                  .build());
        });
    return master.run(command);
  }

  private static TaskInfo task(long id) {
    return TaskInfo.newBuilder()
        .setId(id)
        .setQueue("mail")
        .setState(TaskState.TASK_STATE_READY)
        .setOptions(TaskOptions.newBuilder().setHandler("send"))
        .build();
  }

  private static TaskInfo failedTask() {
    long atMs = 1_896_080_400_000L;
    return task(5).toBuilder()
        .setState(TaskState.TASK_STATE_FAILED)
        .setTenant("acme")
        .setDueMs(atMs)
        .setFailure(Failure.newBuilder().setKind("java.io.IOException").setMessage("no route"))
        .addTimeline(
            Attempt.newBuilder()
                .setWorker("w@h:1")
                .setOfferedMs(atMs)
                .setStartedMs(atMs + 1_000)
                .setEndedMs(atMs + 2_500)
                .setEnd(AttemptEnd.ATTEMPT_END_CRASHED)
                .setCause("silent"))
        .build();
  }
}
