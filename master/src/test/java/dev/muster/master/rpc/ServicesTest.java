package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.dispatch.RigWorker;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.DrainWorkerReply;
import dev.muster.proto.v1.DrainWorkerRequest;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.ExplainRequest;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.GetTaskRequest;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.InputsRequest;
import dev.muster.proto.v1.KillWorkerReply;
import dev.muster.proto.v1.KillWorkerRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.ListWorkersRequest;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.StackRequest;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TailRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.VerifyReply;
import dev.muster.proto.v1.VerifyRequest;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import dev.muster.proto.v1.WorkerFrame;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The services on the real loop and rules, without a network. */
@Timeout(60)
final class ServicesTest {
  private final LeaderRig rig = new LeaderRig();
  private final TasksService tasks = tasksOn(rig);
  private final QueuesService queues =
      new QueuesService(
          rig.proposer,
          rig.applier,
          rig.sessions,
          rig.events,
          () -> VerifyReply.newBuilder().addDrift("a count").build(),
          Runnable::run,
          Runnable::run);
  private final WorkersService workers =
      new WorkersService(rig.proposer, rig.applier, rig.sessions, rig.roster);

  /** On a leader that takes whatever comes; answers on the thread that knows them. */
  static TasksService tasksOn(LeaderRig rig) {
    return new TasksService(
        rig.proposer,
        rig.applier,
        rig.dispatcher,
        rig.sessions,
        rig.roster,
        rig.awaits,
        rig.notes,
        () -> null,
        Runnable::run);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private void enqueue(int count) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q");
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    FakeCaller<EnqueueReply> caller = new FakeCaller<>();
    tasks.enqueue(request.build(), caller);
    rig.settle();
    assertThat(caller.completed).isTrue();
  }

  private static TaskFilter in(TaskState state) {
    return TaskFilter.newBuilder().setQueue("q").setState(state).build();
  }

  private FakeCaller<CancelReply> cancel(CancelRequest.Builder request) {
    FakeCaller<CancelReply> caller = new FakeCaller<>();
    tasks.cancel(request.build(), caller);
    for (int i = 0; i < 10; i++) {
      rig.settle();
    }
    return caller;
  }

  @Test
  void shouldCancelAllThatMatchHoweverMany() {
    enqueue(5_000);
    FakeCaller<CancelReply> caller =
        cancel(CancelRequest.newBuilder().setFilter(in(TaskState.TASK_STATE_READY)));
    assertThat(caller.replies)
        .containsExactly(CancelReply.newBuilder().setCancelled(5_000).build());
    assertThat(rig.queue("q").getCancelled()).isEqualTo(5_000);
  }

  private static RequestId number(long number) {
    return RequestId.newBuilder()
        .setSession(ByteString.copyFromUtf8("0123456789abcdef"))
        .setNumber(number)
        .build();
  }

  @Test
  void shouldAnswerWhatIsSentAgainAsTheFirstTime() {
    enqueue(2_500);
    CancelRequest.Builder all =
        CancelRequest.newBuilder().setFilter(in(TaskState.TASK_STATE_READY)).setRequest(number(1));
    CancelReply first = cancel(all).replies.get(0);
    assertThat(first.getCancelled()).isEqualTo(2_500);
    assertThat(cancel(all).replies).containsExactly(first);
    BulkRequest replay =
        BulkRequest.newBuilder()
            .setFilter(in(TaskState.TASK_STATE_CANCELLED))
            .setRequest(number(2))
            .build();
    for (int i = 0; i < 2; i++) {
      FakeCaller<BulkReply> caller = new FakeCaller<>();
      tasks.replay(replay, caller);
      for (int step = 0; step < 10; step++) {
        rig.settle();
      }
      assertThat(caller.replies).extracting(BulkReply::getCount).containsExactly(2_500L);
    }
    assertThat(cancel(CancelRequest.newBuilder().addIds(1).setRequest(number(0))).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
  }

  @Test
  void shouldCancelByIdAndSayWhatItCameTo() {
    enqueue(1);
    FakeCaller<CancelReply> caller = cancel(CancelRequest.newBuilder().addIds(1).addIds(99));
    assertThat(caller.replies)
        .containsExactly(CancelReply.newBuilder().setCancelled(1).setUntouched(1).build());
  }

  @Test
  void shouldReplayAndDropWhatWasCancelled() {
    enqueue(3);
    cancel(CancelRequest.newBuilder().addIds(1).addIds(2));
    FakeCaller<BulkReply> caller = new FakeCaller<>();
    BulkRequest cancelled =
        BulkRequest.newBuilder()
            .setFilter(in(TaskState.TASK_STATE_CANCELLED).toBuilder().addIds(1))
            .build();
    tasks.replay(cancelled, caller);
    rig.settle();
    tasks.drop(cancelled.toBuilder().setFilter(in(TaskState.TASK_STATE_CANCELLED)).build(), caller);
    rig.settle();
    assertThat(caller.replies).extracting(BulkReply::getCount).containsExactly(1L, 1L);
    assertThat(rig.queue("q").getReady()).isEqualTo(2);
    assertThat(rig.task(2).getState()).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    FakeCaller<BulkReply> wrong = new FakeCaller<>();
    tasks.replay(BulkRequest.newBuilder().setFilter(in(TaskState.TASK_STATE_READY)).build(), wrong);
    assertThat(wrong.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
  }

  private ListTasksReply list(TaskFilter filter, ByteString cursor, int size) {
    FakeCaller<ListTasksReply> caller = new FakeCaller<>();
    tasks.listTasks(
        ListTasksRequest.newBuilder().setFilter(filter).setCursor(cursor).setPageSize(size).build(),
        caller);
    return caller.replies.get(0);
  }

  @Test
  void shouldListByPages() {
    enqueue(5);
    ListTasksReply first = list(in(TaskState.TASK_STATE_READY), ByteString.EMPTY, 3);
    assertThat(first.getTasksList()).extracting(TaskInfo::getId).containsExactly(1L, 2L, 3L);
    ListTasksReply second = list(in(TaskState.TASK_STATE_READY), first.getCursor(), 3);
    assertThat(second.getTasksList()).extracting(TaskInfo::getId).containsExactly(4L, 5L);
    assertThat(second.getCursor().isEmpty()).isTrue();
  }

  @Test
  void shouldRefuseACursorThatIsNotItsOwn() {
    enqueue(1);
    FakeCaller<ListTasksReply> caller = new FakeCaller<>();
    tasks.listTasks(
        ListTasksRequest.newBuilder()
            .setFilter(in(TaskState.TASK_STATE_READY))
            .setCursor(ByteString.copyFromUtf8("x"))
            .build(),
        caller);
    assertThat(caller.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
  }

  @Test
  void shouldTellOfferedFromRunning() {
    RigWorker worker = new RigWorker(rig).hello("w", 2);
    enqueue(2);
    worker.started(worker.ids.get(0));
    assertThat(list(in(TaskState.TASK_STATE_OFFERED), ByteString.EMPTY, 0).getTasksList())
        .extracting(TaskInfo::getId)
        .containsExactly(worker.ids.get(1));
    assertThat(list(in(TaskState.TASK_STATE_RUNNING), ByteString.EMPTY, 0).getTasksList())
        .extracting(TaskInfo::getState)
        .containsExactly(TaskState.TASK_STATE_RUNNING, TaskState.TASK_STATE_OFFERED);
  }

  @Test
  void shouldSayWhenTheAttemptUnderWayStarted() {
    RigWorker worker = new RigWorker(rig).hello("w", 2);
    enqueue(2);
    worker.started(worker.ids.get(0));
    FakeCaller<TaskInfo> caller = new FakeCaller<>();
    worker.ids.forEach(id -> tasks.getTask(GetTaskRequest.newBuilder().setId(id).build(), caller));
    Attempt running = caller.replies.get(0).getTimeline(0);
    assertThat(running.getStartedMs()).isPositive().isGreaterThanOrEqualTo(running.getOfferedMs());
    assertThat(caller.replies.get(1).getTimeline(0).getStartedMs()).isZero();
  }

  @Test
  void shouldEnqueueAGraphAndShowItsInputs() {
    GraphRequest graph =
        GraphRequest.newBuilder()
            .addOptions(TaskOptions.getDefaultInstance())
            .addNodes(GraphNode.newBuilder().setQueue("q"))
            .addNodes(GraphNode.newBuilder().setQueue("q").addAfter(0))
            .build();
    FakeCaller<EnqueueReply> caller = new FakeCaller<>();
    tasks.enqueueGraph(graph, caller);
    rig.settle();
    assertThat(caller.replies)
        .containsExactly(EnqueueReply.newBuilder().setFirstId(1).setCount(2).build());
    FakeCaller<InputsReply> inputs = new FakeCaller<>();
    tasks.inputs(InputsRequest.newBuilder().setId(2).build(), inputs);
    assertThat(inputs.completed).isTrue();
    FakeCaller<InputsReply> unknown = new FakeCaller<>();
    tasks.inputs(InputsRequest.newBuilder().setId(99).build(), unknown);
    assertThat(unknown.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
  }

  @Test
  void shouldExplainWhatWaitsForAWorker() {
    enqueue(1);
    FakeCaller<ExplainReply> caller = new FakeCaller<>();
    tasks.explain(ExplainRequest.newBuilder().setId(1).build(), caller);
    rig.settle();
    assertThat(caller.replies.get(0).getReasonsList())
        .extracting(Reason::getRule)
        .contains("NO_WORKER");
  }

  @Test
  void shouldShowNotesThenTheEndWhenATaskIsWatched() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    long id = worker.ids.get(0);
    worker.started(id);
    FakeCaller<WatchReply> caller = new FakeCaller<>();
    tasks.watch(WatchRequest.newBuilder().addIds(id).addIds(99).build(), caller);
    worker.frame(
        WorkerFrame.newBuilder()
            .addLogLines(LogLine.newBuilder().setId(id).setToken(worker.tokens.get(0))));
    assertThat(caller.replies)
        .extracting(WatchReply::getWhatCase)
        .containsExactly(WatchReply.WhatCase.ENDED, WatchReply.WhatCase.LOG);
    assertThat(caller.completed).isFalse();
    caller.goAway();
    worker.frame(
        WorkerFrame.newBuilder()
            .addLogLines(LogLine.newBuilder().setId(id).setToken(worker.tokens.get(0))));
    assertThat(caller.replies).hasSize(2);
  }

  @Test
  void shouldAwaitAny() {
    enqueue(2);
    FakeCaller<AwaitReply> caller = new FakeCaller<>();
    tasks.await(AwaitRequest.newBuilder().addIds(1).addIds(2).setAny(true).build(), caller);
    assertThat(caller.replies).isEmpty();
    cancel(CancelRequest.newBuilder().addIds(2));
    assertThat(caller.completed).isTrue();
    assertThat(caller.replies.get(0).getResults(0).getId()).isEqualTo(2);
  }

  @Test
  void shouldTail() {
    FakeCaller<TailReply> caller = new FakeCaller<>();
    queues.tail(TailRequest.newBuilder().setPrefix("q").build(), caller);
    enqueue(1);
    cancel(CancelRequest.newBuilder().addIds(1));
    assertThat(caller.replies).isNotEmpty();
    caller.goAway();
    int before = caller.replies.size();
    enqueue(1);
    cancel(CancelRequest.newBuilder().addIds(2));
    assertThat(caller.replies).hasSize(before);
  }

  @Test
  void shouldConfigureAndVerify() {
    FakeCaller<QueueInfo> caller = new FakeCaller<>();
    queues.configureQueue(
        ConfigureQueueRequest.newBuilder()
            .setQueue("q")
            .setSettings(QueueSettings.newBuilder().setMaxLength(5))
            .build(),
        caller);
    rig.settle();
    assertThat(caller.replies.get(0).getSettings().getMaxLength()).isEqualTo(5);
    FakeCaller<VerifyReply> verified = new FakeCaller<>();
    queues.verify(VerifyRequest.getDefaultInstance(), verified);
    assertThat(verified.replies.get(0).getDriftList()).isEqualTo(List.of("a count"));
    FakeCaller<QueueInfo> unknown = new FakeCaller<>();
    queues.getQueue(GetQueueRequest.newBuilder().setQueue("never").build(), unknown);
    assertThat(unknown.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_QUEUE);
  }

  @Test
  void shouldListAndDrainWorkers() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    FakeCaller<ListWorkersReply> list = new FakeCaller<>();
    workers.listWorkers(ListWorkersRequest.getDefaultInstance(), list);
    FakeCaller<DrainWorkerReply> drained = new FakeCaller<>();
    workers.drainWorker(
        DrainWorkerRequest.newBuilder().setSession(worker.session()).build(), drained);
    FakeCaller<DrainWorkerReply> unknown = new FakeCaller<>();
    workers.drainWorker(DrainWorkerRequest.newBuilder().setSession(99).build(), unknown);
    rig.settle();
    assertThat(list.replies.get(0).getWorkers(0).getSession()).isEqualTo(worker.session());
    assertThat(list.replies.get(0).getMore()).isFalse();
    assertThat(drained.completed).isTrue();
    assertThat(worker.drains).isEqualTo(1);
    assertThat(unknown.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_WORKER);
  }

  @Test
  void shouldKillAWorkerThatIsThereAndRefuseOneThatIsNot() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    FakeCaller<KillWorkerReply> killed = new FakeCaller<>();
    workers.killWorker(KillWorkerRequest.newBuilder().setSession(worker.session()).build(), killed);
    FakeCaller<KillWorkerReply> unknown = new FakeCaller<>();
    workers.killWorker(KillWorkerRequest.newBuilder().setSession(99).build(), unknown);
    rig.settle();
    assertThat(killed.completed).isTrue();
    assertThat(worker.kills).isEqualTo(1);
    assertThat(worker.drains).isZero();
    assertThat(unknown.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_WORKER);
  }

  private FakeCaller<StackReply> stack(long id) {
    FakeCaller<StackReply> caller = new FakeCaller<>();
    tasks.stack(StackRequest.newBuilder().setId(id).build(), caller);
    rig.settle();
    return caller;
  }

  private static WorkerFrame.Builder dump(long id, long token, String text) {
    return WorkerFrame.newBuilder()
        .addStacks(StackDump.newBuilder().setId(id).setToken(token).setText(text));
  }

  @Test
  void shouldAskTheWorkerForTheStackOfARunningTask() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    long id = worker.ids.get(0);
    worker.started(id);
    FakeCaller<StackReply> caller = stack(id);
    assertThat(worker.stacksWanted).containsExactly(id);
    worker.frame(dump(id, worker.tokens.get(0) + 1, "of another attempt"));
    assertThat(caller.replies).isEmpty();
    worker.frame(dump(id, worker.tokens.get(0), "at Handler.run"));
    assertThat(caller.replies)
        .containsExactly(
            StackReply.newBuilder().setWorker("w@:0").setText("at Handler.run").build());
    assertThat(caller.completed).isTrue();
  }

  @Test
  void shouldRefuseTheStackOfATaskThatDoesNotRun() {
    enqueue(1);
    assertThat(stack(1).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_NOT_RUNNING);
    assertThat(stack(99).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    FakeCaller<StackReply> offered = stack(1);
    assertThat(offered.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_NOT_RUNNING);
    assertThat(offered.error).hasMessageContaining("OFFERED");
    worker.started(1L);
    FakeCaller<StackReply> ended = stack(1);
    worker.frame(dump(1, worker.tokens.get(0), ""));
    assertThat(ended.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_NOT_RUNNING);
  }

  @Test
  void shouldNotWaitForAStackForEver() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    long id = worker.ids.get(0);
    worker.started(id);
    FakeCaller<StackReply> caller = stack(id);
    rig.tick(4_000);
    assertThat(caller.error).isNull();
    rig.tick(1_000);
    assertThat(caller.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_WORKER_SILENT);
    worker.end();
    assertThat(stack(id).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_WORKER_SILENT);
  }
}
