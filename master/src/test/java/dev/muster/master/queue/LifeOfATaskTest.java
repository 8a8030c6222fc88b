package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.close;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Overrun;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Failures, times, ends and ties of tasks: one rule each. After every test the machine must be what
 * a restart makes of its log, and every queue must add up.
 */
final class LifeOfATaskTest {
  private static final TaskOptions THREE_ATTEMPTS =
      TaskOptions.newBuilder()
          .setRetry(
              RetryPolicy.newBuilder()
                  .setMaxAttempts(3)
                  .setBackoffMinMs(1_000)
                  .setBackoffMaxMs(60_000))
          .build();

  private final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldAddUpAndSurviveARestart() {
    QueueInfo before = rig.machine.queue("q");
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
    assertThat(rig.machine.queue("q")).isEqualTo(before);
    rig.flush();
    rig.crash();
    assertThat(rig.machine.queue("q")).isEqualTo(before);
    assertThat(rig.machine.unconserved()).isEmpty();
  }

  private List<Long> enqueue(EnqueueRequest.Builder request, int count) {
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.copyFromUtf8("p" + i));
    }
    Outcome outcome = rig.apply(Command.newBuilder().setEnqueue(request.setQueue("q")).build());
    assertThat(outcome).isInstanceOf(Outcome.Enqueued.class);
    Outcome.Enqueued added = (Outcome.Enqueued) outcome;
    return added.ids().isEmpty()
        ? LongStream.range(added.firstId(), added.firstId() + added.count()).boxed().toList()
        : added.ids();
  }

  private long enqueueOne(TaskOptions options) {
    return enqueue(EnqueueRequest.newBuilder().setOptions(options), 1).get(0);
  }

  private long enqueueOne() {
    return enqueueOne(TaskOptions.getDefaultInstance());
  }

  private List<Long> take(int max) {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", 0, max));
    return leased.offers().stream().flatMap(offer -> offer.getIdsList().stream()).toList();
  }

  private TaskInfo task(long id) {
    return rig.machine.task(id, true);
  }

  private TaskState state(long id) {
    return task(id).getState();
  }

  private QueueInfo queue() {
    return Objects.requireNonNull(rig.machine.queue("q"));
  }

  private void fail(long id, boolean retryable) {
    rig.apply(
        settle(
            Settlement.newBuilder()
                .addFailed(
                    FailedAttempt.newBuilder()
                        .setId(id)
                        .setToken(task(id).getToken())
                        .setFailure(
                            Failure.newBuilder()
                                .setKind("Boom")
                                .setMessage("no luck")
                                .setRetryable(retryable)))));
  }

  private void complete(long id) {
    rig.apply(settle(completed(id, task(id).getToken(), "result of " + id)));
  }

  private boolean advance() {
    Outcome.Advanced advanced =
        (Outcome.Advanced)
            rig.apply(Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build());
    return advanced.more();
  }

  private void pass(long ms) {
    rig.clockMs += ms;
    while (advance()) {}
  }

  private void set(QueueSettings.Builder settings) {
    rig.apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder().setQueue("q").setSettings(settings))
            .build());
  }

  private Outcome.Cancelled cancel(boolean subtree, Long... ids) {
    return (Outcome.Cancelled)
        rig.apply(
            Command.newBuilder()
                .setCancel(
                    Cancel.newBuilder()
                        .addAllIds(List.of(ids))
                        .setSubtree(subtree)
                        .setReason("not needed"))
                .build());
  }

  private Outcome.Bulked bulk(Action action, TaskFilter.Builder filter) {
    return (Outcome.Bulked)
        rig.apply(
            Command.newBuilder()
                .setBulk(
                    dev.muster.master.log.v1.Bulk.newBuilder()
                        .setAction(action)
                        .setFilter(filter.setQueue("q")))
                .build());
  }

  private long openSession() {
    return ((Outcome.Opened) rig.apply(open("worker-1"))).number();
  }

  @Test
  void shouldTryAgainAfterTheBackOffUntilTheAttemptsAreUsedUp() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
    assertThat(task(id).getDueMs() - rig.clockMs).isBetween(500L, 1_000L);
    pass(499);
    assertThat(take(1)).isEmpty();
    pass(501);
    assertThat(take(1)).containsExactly(id);
    fail(id, true);
    assertThat(task(id).getDueMs() - rig.clockMs).isBetween(1_000L, 2_000L);
    pass(2_000);
    assertThat(take(1)).containsExactly(id);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(task(id).getFailures()).isEqualTo(3);
    assertThat(task(id).getTimelineList())
        .extracting(attempt -> attempt.getEnd())
        .containsOnly(AttemptEnd.ATTEMPT_END_FAILED)
        .hasSize(3);
    assertThat(task(id).getTimeline(0).getCause()).isEqualTo("Boom: no luck");
    assertThat(queue().getRetries()).isEqualTo(2);
  }

  @Test
  void shouldNotTryAgainWhatCannotBeHelped() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    fail(id, false);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
  }

  @Test
  void shouldUseTheQueuesRetriesWhenTheTaskHasNone() {
    set(QueueSettings.newBuilder().setRetry(RetryPolicy.newBuilder().setMaxAttempts(2)));
    long id = enqueueOne();
    take(1);
    fail(id, true);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
  }

  @Test
  void shouldWaitAsLongAsTheHandlerAsksFor() {
    long id = enqueueOne(THREE_ATTEMPTS);
    take(1);
    rig.apply(
        settle(
            Settlement.newBuilder()
                .addFailed(
                    FailedAttempt.newBuilder()
                        .setId(id)
                        .setToken(task(id).getToken())
                        .setRetryAfterMs(90_000)
                        .setFailure(Failure.newBuilder().setRetryable(true)))));
    assertThat(task(id).getDueMs()).isEqualTo(rig.clockMs + 90_000);
  }

  @Test
  void shouldCountACrashWithItsCauseWhileItsWorkerLives() {
    set(QueueSettings.newBuilder().setQuarantineAfter(2));
    long id = enqueueOne();
    long session = openSession();
    for (int i = 1; i <= 2; i++) {
      rig.apply(lease("q", session, 1));
      rig.apply(settle(session, i, crashed(id, "exit code " + i)));
      assertThat(task(id).getCrashes()).isEqualTo(i);
      assertThat(task(id).getFailures()).isZero();
      Attempt attempt = task(id).getTimeline(i - 1);
      assertThat(attempt.getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_CRASHED);
      assertThat(attempt.getCause()).isEqualTo("exit code " + i);
    }
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    assertThat(task(id).getCause()).isEqualTo("it crashed 2 times, last: exit code 2");
    assertThat(queue().getCrashes()).isEqualTo(2);
    assertThat(rig.machine.sessions()).hasSize(1);
    Outcome late = rig.apply(settle(session, 3, crashed(id, "exit code 3")));
    assertThat(((Outcome.Settled) late).refused()).hasSize(1);
    assertThat(task(id).getCrashes()).isEqualTo(2);
  }

  private Settlement.Builder crashed(long id, String cause) {
    return Settlement.newBuilder()
        .addCrashed(
            CrashedAttempt.newBuilder()
                .setId(id)
                .setToken(task(id).getToken())
                .setCause(cause)
                .setRunUs(5));
  }

  @Test
  void shouldQuarantineATaskThatKillsItsWorkersAndRunItAgainWhenReleased() {
    long id = enqueueOne();
    for (int i = 0; i < 3; i++) {
      long session = openSession();
      rig.apply(lease("q", session, 1));
      rig.apply(close(session, true, id));
    }
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_QUARANTINED);
    assertThat(task(id).getCrashes()).isEqualTo(3);
    assertThat(queue().getQuarantined()).isEqualTo(1);
    assertThat(take(1)).isEmpty();
    TaskFilter.Builder aside = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_QUARANTINED);
    assertThat(bulk(Action.REPLAY, aside).count()).isEqualTo(1);
    assertThat(queue().getQuarantined()).isZero();
    assertThat(take(1)).containsExactly(id);
    assertThat(task(id).getTimelineList()).hasSize(4);
  }

  @Test
  void shouldDropWhatIsQuarantined() {
    set(QueueSettings.newBuilder().setQuarantineAfter(1));
    long id = enqueueOne();
    long session = openSession();
    rig.apply(lease("q", session, 1));
    rig.apply(close(session, true, id));
    TaskFilter.Builder aside = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_QUARANTINED);
    assertThat(bulk(Action.DROP, aside).count()).isEqualTo(1);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(queue().getCancelled()).isEqualTo(1);
  }

  @Test
  void shouldNotLeaseADelayedTaskBeforeItsTime() {
    long later = enqueue(EnqueueRequest.newBuilder().setDelayMs(5_000), 1).get(0);
    long earlier = enqueue(EnqueueRequest.newBuilder().setRunAtMs(rig.clockMs + 3_000), 1).get(0);
    long now = enqueue(EnqueueRequest.newBuilder().setRunAtMs(rig.clockMs - 3_000), 1).get(0);
    assertThat(queue().getDelayed()).isEqualTo(2);
    assertThat(take(9)).containsExactly(now);
    pass(3_000);
    assertThat(take(9)).containsExactly(earlier);
    pass(2_000);
    assertThat(take(9)).containsExactly(later);
  }

  @Test
  void shouldBringManyDelayedTasksInOrderOfTime() {
    for (int i = 0; i < 3_000; i++) {
      enqueue(EnqueueRequest.newBuilder().setDelayMs(10_000 - i), 1);
      if (i % 700 == 0) {
        rig.flush();
      }
    }
    pass(10_000);
    List<Long> expected = LongStream.rangeClosed(1, 3_000).map(i -> 3_001 - i).boxed().toList();
    assertThat(take(9_999)).isEqualTo(expected);
  }

  @Test
  void shouldExpireWhatWaitsTooLong() {
    long id = enqueueOne(TaskOptions.newBuilder().setTtlMs(1_000).build());
    long taken = enqueueOne(TaskOptions.newBuilder().setTtlMs(1_000).build());
    pass(999);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_READY);
    rig.apply(lease("q", 0, 1));
    pass(1);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(state(taken)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
    assertThat(task(taken).getCause()).contains("1000 ms");
    assertThat(rig.finished).contains(taken);
    complete(id);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldCancelWaitingTasksWhereverTheyStand() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 6);
    long delayed = enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 1).get(0);
    assertThat(cancel(false, ids.get(0), ids.get(3), delayed, 999L))
        .isEqualTo(new Outcome.Cancelled(3, 0, 1));
    assertThat(task(ids.get(3)).getCause()).isEqualTo("cancelled: not needed");
    assertThat(take(9)).containsExactly(ids.get(1), ids.get(2), ids.get(4), ids.get(5));
    pass(5_000);
    assertThat(queue().getCancelled()).isEqualTo(3);
    assertThat(queue().getDelayed()).isZero();
  }

  @Test
  void shouldCancelSpilledAndFlushedTasks() {
    enqueue(EnqueueRequest.newBuilder(), 12_000);
    rig.flush();
    assertThat(cancel(false, 1L, 5_000L, 11_999L).cancelled()).isEqualTo(3);
    rig.flush();
    assertThat(take(20_000)).hasSize(11_997).doesNotContain(1L, 5_000L, 11_999L);
  }

  @Test
  void shouldAskTheWorkerOfARunningTaskToStopAndLetASuccessThatComesFirstWin() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    long session = openSession();
    rig.apply(lease("q", session, 3));
    long token = rig.index();
    assertThat(cancel(false, ids.get(0), ids.get(1), ids.get(2)))
        .isEqualTo(new Outcome.Cancelled(0, 3, 0));
    assertThat(rig.stopped).containsExactlyElementsOf(ids);
    rig.apply(
        settle(
            session,
            1,
            completed(ids.get(0), token, "done")
                .addCancelledIds(ids.get(1))
                .addCancelledTokens(token)));
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task(ids.get(2)).getCancelling()).isTrue();
    rig.apply(close(session, true, ids.get(2)));
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldFenceAConsumerWithoutASessionWhenItsTaskIsCancelled() {
    long id = enqueueOne();
    take(1);
    long token = task(id).getToken();
    assertThat(cancel(false, id).cancelled()).isEqualTo(1);
    Outcome.Settled settled = (Outcome.Settled) rig.apply(settle(completed(id, token, "late")));
    assertThat(settled.refused()).hasSize(1);
  }

  @Test
  void shouldCountAnOverrunAsAFailureAndTellTheWorker() {
    long id = enqueueOne(THREE_ATTEMPTS);
    long session = openSession();
    rig.apply(lease("q", session, 1));
    rig.apply(
        Command.newBuilder()
            .setOverrun(
                Overrun.newBuilder()
                    .addIds(id)
                    .addTokens(rig.index())
                    .addCauses("it ran longer than 5 ms"))
            .build());
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_DELAYED);
    assertThat(task(id).getFailures()).isEqualTo(1);
    assertThat(rig.lost).containsExactly(id);
    assertThat(task(id).getTimeline(0).getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_OVERRAN);
  }

  @Test
  void shouldReplayDeadLettersThatMatch() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 5);
    take(5);
    ids.forEach(id -> fail(id, false));
    TaskFilter.Builder two =
        TaskFilter.newBuilder()
            .setState(TaskState.TASK_STATE_FAILED)
            .addIds(ids.get(1))
            .addIds(ids.get(3));
    assertThat(bulk(Action.REPLAY, two).count()).isEqualTo(2);
    assertThat(take(9)).containsExactly(ids.get(1), ids.get(3));
    TaskFilter.Builder others =
        TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED).setFailureKind("Bo");
    assertThat(bulk(Action.REPLAY, others.clone().setFailureKind("Other")).count()).isZero();
    assertThat(bulk(Action.REPLAY, others).count()).isEqualTo(3);
    assertThat(queue().getFailed()).isZero();
    assertThat(queue().getDead()).isZero();
  }

  @Test
  void shouldGoOnWhereABulkStepStopped() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 2_500);
    take(2_500);
    ids.forEach(id -> fail(id, false));
    rig.flush();
    TaskFilter.Builder all = TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED);
    long count = 0;
    ByteString cursor = ByteString.EMPTY;
    do {
      Outcome.Bulked bulked =
          (Outcome.Bulked)
              rig.apply(
                  Command.newBuilder()
                      .setBulk(
                          dev.muster.master.log.v1.Bulk.newBuilder()
                              .setAction(Action.DROP)
                              .setCursor(cursor)
                              .setFilter(all.setQueue("q")))
                      .build());
      count += bulked.count();
      cursor = bulked.cursor();
    } while (!cursor.isEmpty());
    assertThat(count).isEqualTo(2_500);
    assertThat(queue().getDead()).isZero();
    assertThat(queue().getFailed()).isEqualTo(2_500);
  }

  @Test
  void shouldPurgeWhatWaits() {
    enqueue(EnqueueRequest.newBuilder(), 20);
    enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 5);
    bulk(Action.DROP, TaskFilter.newBuilder().setState(TaskState.TASK_STATE_READY));
    bulk(Action.DROP, TaskFilter.newBuilder().setState(TaskState.TASK_STATE_DELAYED));
    assertThat(take(9)).isEmpty();
    assertThat(queue().getCancelled()).isEqualTo(25);
    assertThat(queue().getEnded()).isZero();
  }

  @Test
  void shouldGiveTheIdOfTheTaskThatHoldsAUniqueKey() {
    EnqueueRequest.Builder keys = EnqueueRequest.newBuilder().addUniqueKeys("a").addUniqueKeys("b");
    List<Long> first = enqueue(keys.clone(), 2);
    List<Long> second =
        enqueue(
            EnqueueRequest.newBuilder().addUniqueKeys("c").addUniqueKeys("a").addUniqueKeys(""), 3);
    assertThat(second.get(1)).isEqualTo(first.get(0));
    assertThat(queue().getEnqueued()).isEqualTo(4);
    take(9);
    complete(first.get(0));
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0))
        .isGreaterThan(second.get(2));
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("b"), 1))
        .isEqualTo(first.subList(1, 2));
  }

  @Test
  void shouldHoldAUniqueKeyForItsTimeWhetherTheTaskHasEndedOrNot() {
    EnqueueRequest.Builder key =
        EnqueueRequest.newBuilder().addUniqueKeys("a").setUniqueForMs(10_000);
    long id = enqueue(key.clone(), 1).get(0);
    take(1);
    complete(id);
    assertThat(enqueue(key.clone(), 1)).containsExactly(id);
    rig.flush();
    pass(10_000);
    assertThat(enqueue(key.clone(), 1).get(0)).isGreaterThan(id);
  }

  private long replayFailed(long id) {
    TaskFilter.Builder filter =
        TaskFilter.newBuilder().setState(TaskState.TASK_STATE_FAILED).addIds(id);
    return bulk(Action.REPLAY, filter).count();
  }

  @Test
  void shouldNotPutATaskBackWhileAnotherHasItsUniqueKey() {
    long first = enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0);
    take(1);
    fail(first, false);
    long second = enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1).get(0);
    assertThat(replayFailed(first)).isZero();
    assertThat(state(first)).isEqualTo(TaskState.TASK_STATE_FAILED);
    take(1);
    complete(second);
    assertThat(replayFailed(first)).isEqualTo(1);
    assertThat(enqueue(EnqueueRequest.newBuilder().addUniqueKeys("a"), 1)).containsExactly(first);
  }

  @Test
  void shouldKeepTheUniqueKeyOfATaskThatWasPutBackWhenItsTimeWasOver() {
    EnqueueRequest.Builder key = EnqueueRequest.newBuilder().addUniqueKeys("a");
    long id = enqueue(key.clone().setUniqueForMs(10_000), 1).get(0);
    take(1);
    fail(id, false);
    rig.clockMs += 10_000;
    assertThat(replayFailed(id)).isEqualTo(1);
    advance();
    assertThat(enqueue(key.clone(), 1)).containsExactly(id);
  }

  @Test
  void shouldRunATaskAfterThoseThatComeFirst() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 3);
    take(1);
    complete(first.get(0));
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    assertThat(task(join).getPendingIdsList()).containsExactly(first.get(1), first.get(2));
    rig.flush();
    assertThat(take(9)).containsExactly(first.get(1), first.get(2));
    complete(first.get(2));
    assertThat(take(9)).isEmpty();
    complete(first.get(1));
    assertThat(take(9)).containsExactly(join);
    assertThat(inputs(join))
        .extracting(TaskResult::getId, input -> input.getResult().toStringUtf8())
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(first.get(0), "result of " + first.get(0)),
            org.assertj.core.api.Assertions.tuple(first.get(1), "result of " + first.get(1)),
            org.assertj.core.api.Assertions.tuple(first.get(2), "result of " + first.get(2)));
  }

  @Test
  void shouldCountEachTaskOnceInAJoinHoweverOftenItIsTried() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder().setOptions(THREE_ATTEMPTS), 2);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(2);
    long token = task(first.get(0)).getToken();
    fail(first.get(0), true);
    pass(60_000);
    take(1);
    complete(first.get(0));
    rig.apply(settle(completed(first.get(0), token, "again")));
    assertThat(take(9)).isEmpty();
    assertThat(task(join).getPendingCount()).isEqualTo(1);
    complete(first.get(1));
    assertThat(take(9)).containsExactly(join);
  }

  @Test
  void shouldCancelWhatComesAfterAFailureAndRunWhatAsksTo() {
    long first = enqueueOne();
    long strict = enqueue(EnqueueRequest.newBuilder().addAfterIds(first), 1).get(0);
    long after = enqueue(EnqueueRequest.newBuilder().addAfterIds(strict), 1).get(0);
    long lenient =
        enqueue(
                EnqueueRequest.newBuilder()
                    .addAfterIds(first)
                    .setOnFailure(OnFailure.ON_FAILURE_RUN),
                1)
            .get(0);
    take(1);
    fail(first, false);
    assertThat(state(strict)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task(strict).getCause()).contains("task " + first).contains("FAILED");
    assertThat(state(after)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(take(9)).containsExactly(lenient);
    assertThat(inputs(lenient).get(0).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    long late = enqueue(EnqueueRequest.newBuilder().addAfterIds(first), 1).get(0);
    assertThat(state(late)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldRefuseToWaitForATaskThatIsNotKnown() {
    enqueueOne();
    Outcome.Refused refused =
        (Outcome.Refused)
            rig.apply(
                Command.newBuilder()
                    .setEnqueue(
                        EnqueueRequest.newBuilder()
                            .setQueue("q")
                            .addPayloads(ByteString.EMPTY)
                            .addAfterIds(77))
                    .build());
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
  }

  private Inspection.InputPage page(long id, int from) {
    return Objects.requireNonNull(rig.machine.inspect().inputs(id, from));
  }

  private List<TaskResult> inputs(long id) {
    List<TaskResult> all = new ArrayList<>();
    int next = 0;
    do {
      Inspection.InputPage page = page(id, next);
      assertThat(page.results()).hasSizeLessThanOrEqualTo(1_000);
      all.addAll(page.results());
      next = page.next();
    } while (next != 0);
    return all;
  }

  @Test
  void shouldReadInputsByBytesToo() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 3);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(3);
    long token = rig.index();
    for (long id : first) {
      rig.apply(settle(completed(id, token, "x".repeat(700_000))));
    }
    Inspection.InputPage page = page(join, 0);
    assertThat(page.results()).hasSize(2);
    assertThat(page.next()).isEqualTo(2);
  }

  @Test
  void shouldSayThatInputsAreGoneInTheMiddleOfThem() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 2);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(2);
    first.forEach(this::complete);
    take(1);
    complete(join);
    assertThat(rig.machine.inspect().inputs(join, 1)).isNull();
    assertThat(inputs(join)).isEmpty();
  }

  @Test
  void shouldJoinTenThousandTasks() {
    GraphRequest.Builder graph =
        GraphRequest.newBuilder().addOptions(TaskOptions.getDefaultInstance());
    GraphNode.Builder join = GraphNode.newBuilder().setQueue("q");
    for (int i = 0; i < 10_000; i++) {
      graph.addNodes(GraphNode.newBuilder().setQueue("q"));
      join.addAfter(i);
    }
    Outcome.Enqueued added =
        (Outcome.Enqueued) rig.apply(Command.newBuilder().setGraph(graph.addNodes(join)).build());
    long joinId = added.firstId() + 10_000;
    List<Long> ids = take(20_000);
    assertThat(ids).hasSize(10_000).doesNotContain(joinId);
    long token = rig.index();
    for (long id : ids) {
      if (id % 3_000 == 0) {
        rig.flush();
      }
      rig.apply(settle(completed(id, token, "")));
    }
    assertThat(take(9)).containsExactly(joinId);
    assertThat(inputs(joinId)).extracting(TaskResult::getId).isEqualTo(ids);
  }

  @Test
  void shouldRunAGraphInOrderOfItsTies() {
    GraphRequest graph =
        GraphRequest.newBuilder()
            .addOptions(TaskOptions.getDefaultInstance())
            .addNodes(GraphNode.newBuilder().setQueue("q").addAfter(1).addAfter(2))
            .addNodes(GraphNode.newBuilder().setQueue("q").addAfter(2))
            .addNodes(GraphNode.newBuilder().setQueue("q"))
            .build();
    long last =
        ((Outcome.Enqueued) rig.apply(Command.newBuilder().setGraph(graph).build())).firstId();
    assertThat(take(9)).containsExactly(last + 2);
    complete(last + 2);
    assertThat(take(9)).containsExactly(last + 1);
    complete(last + 1);
    assertThat(take(9)).containsExactly(last);
  }

  @Test
  void shouldEnqueueFollowUpsWithAnAcceptedCompletionOnly() {
    long id = enqueueOne();
    take(1);
    long token = task(id).getToken();
    Settlement.Builder settlement =
        completed(id, token, "done")
            .addFollowUps(
                FollowUp.newBuilder()
                    .setId(id)
                    .setTasks(
                        EnqueueRequest.newBuilder()
                            .setQueue("q")
                            .addPayloads(ByteString.copyFromUtf8("next"))));
    rig.apply(settle(settlement.clone().setCompletedTokens(0, token + 1)));
    assertThat(queue().getEnqueued()).isEqualTo(1);
    rig.apply(settle(settlement.clone()));
    rig.apply(settle(settlement.clone()));
    assertThat(queue().getEnqueued()).isEqualTo(2);
    List<Long> next = take(9);
    assertThat(next).hasSize(1);
    assertThat(task(next.get(0)).getParentId()).isEqualTo(id);
  }

  @Test
  void shouldCancelASubtree() {
    long id =
        enqueueOne(
            TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).build());
    long child = enqueue(EnqueueRequest.newBuilder().setParentId(id), 1).get(0);
    long grandchild = enqueue(EnqueueRequest.newBuilder().setParentId(child), 1).get(0);
    long after =
        enqueue(
                EnqueueRequest.newBuilder()
                    .addAfterIds(grandchild)
                    .setOnFailure(OnFailure.ON_FAILURE_RUN),
                1)
            .get(0);
    assertThat(take(1)).containsExactly(id);
    complete(id);
    assertThat(state(id)).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    rig.flush();
    assertThat(cancel(true, id)).isEqualTo(new Outcome.Cancelled(3, 0, 1));
    for (long below : new long[] {child, grandchild, after}) {
      assertThat(state(below)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    }
  }

  @Test
  void shouldDropTheOldestWhenAFullQueueSaysSo() {
    set(QueueSettings.newBuilder().setMaxLength(3).setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    List<Long> more = enqueue(EnqueueRequest.newBuilder(), 2);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(take(9)).containsExactly(ids.get(2), more.get(0), more.get(1));
  }

  @Test
  void shouldDropNothingWhenThatWouldNotMakeRoom() {
    set(QueueSettings.newBuilder().setMaxLength(3).setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
    enqueue(EnqueueRequest.newBuilder().setDelayMs(1_000), 2);
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 1);
    Outcome outcome = rig.apply(Commands.enqueue("q", TaskOptions.getDefaultInstance(), 2));
    assertThat(((Outcome.Refused) outcome).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldNeedNoRoomInAFullQueueForWhatIsThereAlready() {
    set(QueueSettings.newBuilder().setMaxLength(2));
    EnqueueRequest.Builder keys = EnqueueRequest.newBuilder().addUniqueKeys("a").addUniqueKeys("b");
    List<Long> ids = enqueue(keys.clone(), 2);
    assertThat(enqueue(keys.clone(), 2)).isEqualTo(ids);
    Outcome outcome =
        rig.apply(
            Command.newBuilder()
                .setEnqueue(
                    EnqueueRequest.newBuilder()
                        .setQueue("q")
                        .addUniqueKeys("a")
                        .addUniqueKeys("c")
                        .addPayloads(ByteString.EMPTY)
                        .addPayloads(ByteString.EMPTY))
                .build());
    assertThat(((Outcome.Refused) outcome).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
  }

  @Test
  void shouldForgetAllThatIsTooMuchStepByStep() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3_500);
    take(3_500);
    ids.forEach(this::complete);
    set(QueueSettings.newBuilder().setRetainedMax(10));
    pass(0);
    assertThat(queue().getRetained()).isEqualTo(10);
    assertThat(state(ids.get(3_490))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldTakeNothingMoreWhileItIsDrained() {
    set(QueueSettings.newBuilder().setDraining(true));
    Outcome.Refused refused =
        (Outcome.Refused) rig.apply(Commands.enqueue("q", TaskOptions.getDefaultInstance(), 1));
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_DRAINING);
  }

  @Test
  void shouldForgetFinishedTasksByAge() {
    set(QueueSettings.newBuilder().setRetainedMs(5_000).setDeadMs(20_000));
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 3);
    take(3);
    complete(ids.get(0));
    fail(ids.get(1), false);
    pass(3_000);
    complete(ids.get(2));
    pass(2_000);
    assertThat(state(ids.get(0))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    pass(3_000);
    assertThat(state(ids.get(2))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_FAILED);
    pass(20_000);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(rig.machine.nextDueMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldForgetTheOldestResultsWhenTheyHoldTooManyBytes() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 10);
    take(10);
    ids.forEach(this::complete);
    long each = queue().getKeptBytes() / 10;
    set(QueueSettings.newBuilder().setRetainedBytes(4 * each + each / 2));
    pass(0);
    assertThat(queue().getRetained()).isEqualTo(4);
    assertThat(state(ids.get(5))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(state(ids.get(6))).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldRememberTheLastPlainSuccesses() {
    set(QueueSettings.newBuilder().setHistoryMax(20));
    List<Long> ids =
        enqueue(
            EnqueueRequest.newBuilder()
                .setOptions(
                    TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)),
            50);
    take(50);
    ids.forEach(this::complete);
    assertThat(state(ids.get(29))).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(task(ids.get(30)).getFromHistory()).isTrue();
    assertThat(task(ids.get(49)).getTimeline(0).getEnd())
        .isEqualTo(AttemptEnd.ATTEMPT_END_SUCCEEDED);
  }

  private static Command cancel(long number, Long... ids) {
    return Command.newBuilder()
        .setCancel(
            Cancel.newBuilder().addAllIds(List.of(ids)).setRequest(Commands.number(number, number)))
        .build();
  }

  @Test
  void shouldAnswerACancelThatIsSentAgainAsTheFirstTime() {
    List<Long> ids = enqueue(EnqueueRequest.newBuilder(), 2);
    Outcome first = rig.apply(cancel(1, ids.get(0), 99L));
    assertThat(first).isEqualTo(new Outcome.Cancelled(1, 0, 1));
    assertThat(rig.apply(cancel(1, ids.get(0), 99L))).isEqualTo(first);
    rig.flush();
    rig.crash();
    assertThat(rig.apply(cancel(1, ids.get(0), 99L))).isEqualTo(first);
    assertThat(rig.apply(cancel(2, ids.get(0)))).isEqualTo(new Outcome.Cancelled(0, 0, 1));
    Outcome.Refused late = (Outcome.Refused) rig.apply(cancel(1, ids.get(1)));
    assertThat(late.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_FORGOTTEN_REQUEST);
    assertThat(state(ids.get(1))).isEqualTo(TaskState.TASK_STATE_READY);
  }

  private Outcome.Bulked dropReady(ByteString cursor) {
    return (Outcome.Bulked)
        rig.apply(
            Command.newBuilder()
                .setBulk(
                    dev.muster.master.log.v1.Bulk.newBuilder()
                        .setAction(Action.DROP)
                        .setFilter(
                            TaskFilter.newBuilder()
                                .setQueue("q")
                                .setState(TaskState.TASK_STATE_READY))
                        .setCursor(cursor)
                        .setRequest(Commands.number(1, 1)))
                .build());
  }

  @Test
  void shouldGoOnWhereABulkRequestCameToWhenItIsSentAgain() {
    enqueue(EnqueueRequest.newBuilder(), 1_500);
    Outcome.Bulked first = dropReady(ByteString.EMPTY);
    assertThat(first.count()).isEqualTo(1_000);
    rig.flush();
    rig.crash();
    Outcome.Bulked again = dropReady(ByteString.EMPTY);
    assertThat(again).isEqualTo(first);
    assertThat(dropReady(again.cursor())).isEqualTo(new Outcome.Bulked(1_500, ByteString.EMPTY));
    enqueue(EnqueueRequest.newBuilder(), 1);
    assertThat(dropReady(ByteString.EMPTY)).isEqualTo(new Outcome.Bulked(1_500, ByteString.EMPTY));
    assertThat(queue().getReady()).isEqualTo(1);
  }
}
