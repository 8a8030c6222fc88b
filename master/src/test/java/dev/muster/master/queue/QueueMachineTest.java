package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.DROP;
import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.close;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.configure;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.expire;
import static dev.muster.master.queue.Commands.extend;
import static dev.muster.master.queue.Commands.failed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.number;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.resultsTo;
import static dev.muster.master.queue.Commands.returnUnstarted;
import static dev.muster.master.queue.Commands.returned;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rules, one at a time. */
final class QueueMachineTest {
  private final MachineRig rig = new MachineRig();

  @AfterEach
  void conservesAndReplays() {
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
    rig.flush();
    rig.crash();
    assertThat(rig.machine.unconserved()).isEmpty();
  }

  @Test
  void shouldRunATaskAfterOneThatWasBeingWrittenWhenItWasBound() {
    rig.apply(enqueue("q", 1));
    rig.roll();
    rig.apply(enqueue(request("q", KEEP, ByteString.copyFromUtf8("second")).addAfterIds(1)));
    long first = leaseIds("q", 0, 1).get(0);
    rig.apply(settle(completed(first, rig.index(), "done")));
    assertThat(queue("q").getReady()).isEqualTo(1);
  }

  private List<Offer> offers(String queue, long session, int max) {
    return ((Outcome.Leased) rig.apply(lease(queue, session, max, 1_000))).offers();
  }

  private List<Long> leaseIds(String queue, long session, int max) {
    return offers(queue, session, max).stream().flatMap(o -> o.getIdsList().stream()).toList();
  }

  private List<Long> refusedIds(Command settle) {
    return ((Outcome.Settled) rig.apply(settle))
        .refused().stream().map(RefusedAttempt::getId).toList();
  }

  private RefusalReason refusal(Command command) {
    return ((Outcome.Refused) rig.apply(command)).reason();
  }

  private long openNew(String key) {
    return ((Outcome.Opened) rig.apply(open(key))).number();
  }

  private TaskInfo task(long id) {
    return rig.machine.task(id, true);
  }

  private QueueInfo queue(String name) {
    return Objects.requireNonNull(rig.machine.queue(name));
  }

  @Test
  void shouldGiveConsecutiveIdsWhenTasksAreEnqueued() {
    assertThat(rig.apply(enqueue("q", 3))).isEqualTo(new Outcome.Enqueued(1, 3));
    assertThat(rig.apply(enqueue("other", 2))).isEqualTo(new Outcome.Enqueued(4, 2));
    assertThat(task(2).getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldLeaseInOrderWhenTasksAreReady() {
    rig.apply(enqueue("q", 5));
    assertThat(leaseIds("q", 0, 2)).containsExactly(1L, 2L);
    assertThat(leaseIds("q", 0, 9)).containsExactly(3L, 4L, 5L);
    assertThat(leaseIds("q", 0, 9)).isEmpty();
    assertThat(task(1).getToken()).isEqualTo(2);
    assertThat(task(3).getToken()).isEqualTo(3);
  }

  @Test
  void shouldLeaseNothingWhenQueueOrSessionIsUnknown() {
    assertThat(leaseIds("q", 0, 9)).isEmpty();
    rig.apply(enqueue("q", 1));
    assertThat(leaseIds("q", 77, 9)).isEmpty();
    assertThat(queue("q").getReady()).isEqualTo(1);
  }

  @Test
  void shouldMakeOneOfferForEachRunOfEqualOptions() {
    rig.apply(enqueue("q", KEEP, 2));
    rig.apply(enqueue("q", KEEP.toBuilder().build(), 1));
    rig.apply(enqueue("q", DROP, 1));
    rig.apply(enqueue("q", KEEP, 1));
    assertThat(offers("q", 0, 9))
        .extracting(Offer::getIdsList)
        .containsExactly(List.of(1L, 2L, 3L), List.of(4L), List.of(5L));
  }

  @Test
  void shouldLeaveOutAttemptsWhenEachIsTheFirst() {
    rig.apply(enqueue("q", 3));
    assertThat(offers("q", 0, 1).get(0).getAttemptsList()).isEmpty();
    rig.clockMs += 1_000;
    rig.apply(expire(1, 2));
    leaseIds("q", 0, 1);
    rig.clockMs += 1_000;
    rig.apply(expire(1, 4));
    assertThat(offers("q", 0, 3).get(0).getAttemptsList()).containsExactly(3, 1, 1);
  }

  @Test
  void shouldFillAttemptsWhenALaterTaskIsNotNew() {
    rig.apply(enqueue("q", 2));
    assertThat(leaseIds("q", 0, 2)).hasSize(2);
    rig.apply(settle(returned(1, 2)));
    rig.clockMs += 1_000;
    rig.apply(expire(2, 2));
    assertThat(offers("q", 0, 2).get(0).getAttemptsList()).containsExactly(1, 2);
  }

  @Test
  void shouldBoundALeaseByBytesWhenPayloadsAreLarge() {
    ByteString small = ByteString.copyFrom(new byte[400_000]);
    ByteString large = ByteString.copyFrom(new byte[4 << 20]);
    rig.apply(enqueue(request("q", KEEP, small, small, large, small)));
    assertThat(leaseIds("q", 0, 9)).containsExactly(1L, 2L);
    assertThat(leaseIds("q", 0, 9)).containsExactly(3L);
    assertThat(leaseIds("q", 0, 9)).containsExactly(4L);
  }

  @Test
  void shouldLeaseSomeLargeTasksTogether() {
    ByteString large = ByteString.copyFrom(new byte[1_000_000]);
    rig.apply(enqueue(request("q", KEEP, large, large, large, large)));
    assertThat(leaseIds("q", 0, 9)).containsExactly(1L, 2L, 3L);
    assertThat(leaseIds("q", 0, 9)).containsExactly(4L);
  }

  @Test
  void shouldBoundALeaseByBytesWhenHeadersAreLarge() {
    for (int i = 0; i < 500; i++) {
      rig.apply(enqueue("q", KEEP.toBuilder().putHeaders("h", "x".repeat(8_000) + i).build(), 1));
    }
    assertThat(leaseIds("q", 0, 1_000)).hasSizeBetween(300, 393);
  }

  @Test
  void shouldKeepTheResultWhenATaskSucceeds() {
    rig.apply(enqueue("q", 1));
    leaseIds("q", 0, 1);
    rig.clockMs += 5;
    rig.apply(settle(completed(1, 2, "nine")));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    assertThat(task(1).getResult().toStringUtf8()).isEqualTo("nine");
    assertThat(task(1).getResultContentType()).isEqualTo("text/plain");
    assertThat(task(1).getFinishedMs()).isEqualTo(rig.clockMs);
    assertThat(task(1).getPayload()).isEqualTo(ByteString.EMPTY);
    assertThat(rig.finished).containsExactly(1L);
  }

  @Test
  void shouldEnqueueTheResultWhenItGoesToAQueue() {
    rig.apply(enqueue("q", resultsTo("results"), 1));
    assertThat(queue("results").getReady()).isZero();
    leaseIds("q", 0, 1);
    rig.apply(settle(completed(1, 2, "nine")));
    assertThat(task(1).getFromHistory()).isTrue();
    Offer result = offers("results", 0, 1).get(0);
    assertThat(result.getPayloads(0).toStringUtf8()).isEqualTo("nine");
    assertThat(result.getOptions().getContentType()).isEqualTo("text/plain");
    assertThat(queue("q").getSucceeded()).isEqualTo(1);
  }

  @Test
  void shouldAcceptAResultWhenItsQueueIsFull() {
    rig.apply(configure("results", 1, 10));
    rig.apply(enqueue("q", resultsTo("results"), 2));
    leaseIds("q", 0, 2);
    rig.apply(settle(completed(1, 3, "a")));
    rig.apply(settle(completed(2, 3, "b")));
    assertThat(queue("results").getReady()).isEqualTo(2);
  }

  @Test
  void shouldForgetTheTaskWhenItsResultIsDropped() {
    rig.apply(enqueue("q", DROP, 1));
    leaseIds("q", 0, 1);
    rig.apply(settle(completed(1, 2, "nine")));
    assertThat(task(1).getFromHistory()).isTrue();
    assertThat(rig.finished).containsExactly(1L);
  }

  @Test
  void shouldKeepTheFailureWhenATaskFails() {
    rig.apply(enqueue("q", 1));
    leaseIds("q", 0, 1);
    rig.apply(settle(failed(1, 2)));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(task(1).getFailure().getKind()).isEqualTo("Boom");
    assertThat(task(1).getFailures()).isEqualTo(1);
    assertThat(queue("q").getFailed()).isEqualTo(1);
  }

  @Test
  void shouldGiveBackFirstAndFreeWhenATaskIsReturned() {
    rig.apply(enqueue("q", 3));
    leaseIds("q", 0, 2);
    rig.apply(settle(returned(2, 2)));
    rig.apply(settle(returned(1, 2)));
    assertThat(task(1).getReturns()).isEqualTo(1);
    assertThat(task(1).getAttempts()).isZero();
    assertThat(leaseIds("q", 0, 9)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void shouldRefuseAndCountWhenATokenIsStale() {
    rig.apply(enqueue("q", 1));
    leaseIds("q", 0, 1);
    rig.clockMs += 1_000;
    rig.apply(expire(1, 2));
    assertThat(refusedIds(settle(completed(1, 2, "late")))).containsExactly(1L);
    leaseIds("q", 0, 1);
    assertThat(refusedIds(settle(completed(1, 2, "late")))).containsExactly(1L);
    assertThat(refusedIds(settle(completed(1, 5, "now")))).isEmpty();
    assertThat(refusedIds(settle(failed(1, 5)))).containsExactly(1L);
    assertThat(queue("q").getStaleSettlements()).isEqualTo(3);
    assertThat(task(1).getResult().toStringUtf8()).isEqualTo("now");
  }

  @Test
  void shouldRefuseWhenATaskIsSettledByAnother() {
    long one = openNew("one");
    rig.apply(enqueue("q", 1));
    assertThat(leaseIds("q", one, 1)).hasSize(1);
    long token = rig.index();
    assertThat(refusedIds(settle(completed(2, token, "x")))).containsExactly(2L);
    long two = openNew("two");
    assertThat(refusedIds(settle(two, 1, completed(2, token, "x")))).containsExactly(2L);
    assertThat(refusedIds(settle(one, 1, completed(2, token, "x")))).isEmpty();
  }

  @Test
  void shouldExpireWhenTheVisibilityTimeoutIsOver() {
    rig.apply(enqueue("q", 1));
    leaseIds("q", 0, 1);
    rig.clockMs += 999;
    rig.apply(expire(1, 2));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    rig.clockMs += 1;
    rig.apply(expire(1, 1)); // Another attempt's token: nothing.
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    rig.apply(expire(1, 2));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(task(1).getExpiries()).isEqualTo(1);
    assertThat(task(1).getAttempts()).isEqualTo(1);
  }

  @Test
  void shouldMoveTheEndWhenALeaseIsExtended() {
    rig.apply(enqueue("q", 1));
    leaseIds("q", 0, 1);
    rig.clockMs += 900;
    assertThat(refusedIds(extend(1, 2, 5_000))).isEmpty();
    assertThat(refusedIds(extend(1, 1, 5_000))).containsExactly(1L);
    rig.clockMs += 4_999;
    rig.apply(expire(1, 2));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    rig.clockMs += 1;
    rig.apply(expire(1, 2));
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldNeverExpireOrExtendWhenASessionHoldsTheTask() {
    long session = openNew("w");
    rig.apply(enqueue("q", 1));
    leaseIds("q", session, 1);
    long token = rig.index();
    rig.clockMs += 1_000_000;
    rig.apply(expire(2, token));
    assertThat(refusedIds(extend(2, token, 1_000))).containsExactly(2L);
    assertThat(task(2).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(task(2).getWorker()).isEqualTo("w@h:1");
  }

  @Test
  void shouldNeverGoBackWhenTheClockDoes() {
    rig.apply(enqueue("q", 1));
    rig.clockMs -= 500_000;
    rig.apply(enqueue("q", 1));
    assertThat(rig.machine.nowMs()).isEqualTo(1_000_000);
    assertThat(task(2).getEnqueuedMs()).isEqualTo(1_000_000);
  }

  @Test
  void shouldAnswerTheSameWhenARequestIsSentAgain() {
    Command once =
        enqueue(request("q", KEEP, ByteString.copyFromUtf8("a")).setRequest(number(1, 0)));
    Outcome first = rig.apply(once);
    rig.flush();
    rig.crash();
    assertThat(rig.apply(once)).isEqualTo(first);
    assertThat(queue("q").getEnqueued()).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhenTheAnswerIsForgotten() {
    rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(1, 0))));
    rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(2, 2))));
    assertThat(refusal(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(1, 0)))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_FORGOTTEN_REQUEST);
  }

  @Test
  void shouldRefuseWhenTooManyRequestsAreUnanswered() {
    for (int i = 1; i <= MachineRig.OUTSTANDING_MAX; i++) {
      rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(100 + i, 0))));
    }
    assertThat(refusal(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(105, 0)))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
    // A watermark that rises without passing any answer frees nothing.
    assertThat(refusal(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(105, 50)))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
    assertThat(
            rig.apply(enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(105, 102)))))
        .isInstanceOf(Outcome.Enqueued.class);
  }

  @Test
  void shouldForgetAClientWhenItIsSilentForADay() {
    Command once = enqueue(request("q", KEEP, ByteString.EMPTY).setRequest(number(1, 0)));
    rig.apply(once);
    rig.clockMs += ProducerBook.FORGET_AFTER_MS - 1;
    rig.apply(once);
    assertThat(queue("q").getEnqueued()).isEqualTo(1);
    rig.clockMs += 1;
    rig.apply(once);
    assertThat(queue("q").getEnqueued()).isEqualTo(2);
  }

  @Test
  void shouldSkipASettlementWhenItsNumberWasApplied() {
    long session = openNew("w");
    rig.apply(enqueue("q", 2));
    leaseIds("q", session, 2);
    long token = rig.index();
    assertThat(refusedIds(settle(session, 1, completed(2, token, "a")))).isEmpty();
    assertThat(refusedIds(settle(session, 1, completed(3, token, "b")))).isEmpty();
    assertThat(task(3).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
  }

  @Test
  void shouldRefuseASettlementWhenOneIsMissingBeforeIt() {
    long session = openNew("w");
    assertThat(refusal(settle(session, 2, completed(1, 1, "a"))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
    assertThat(refusal(settle(99, 1, completed(1, 1, "a"))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_SESSION_EXPIRED);
  }

  @Test
  void shouldCountCrashesWhenASessionIsLost() {
    long session = openNew("w");
    rig.apply(enqueue("q", 2));
    leaseIds("q", session, 2);
    rig.apply(close(session, true, 2L));
    assertThat(task(2).getCrashes()).isEqualTo(1);
    assertThat(task(2).getAttempts()).isEqualTo(1);
    assertThat(task(3).getCrashes()).isZero();
    assertThat(task(3).getReturns()).isEqualTo(1);
    assertThat(rig.machine.sessions()).isEmpty();
    assertThat(queue("q").getReady()).isEqualTo(2);
  }

  @Test
  void shouldCountNoCrashWhenASessionSaysGoodbye() {
    long session = openNew("w");
    rig.apply(enqueue("q", 1));
    leaseIds("q", session, 1);
    rig.apply(close(session, false, 2L));
    assertThat(task(2).getCrashes()).isZero();
    assertThat(task(2).getReturns()).isEqualTo(1);
  }

  @Test
  void shouldLeaveWhatWasStartedWhenAStreamEnds() {
    long session = openNew("w");
    rig.apply(enqueue("q", 2));
    leaseIds("q", session, 2);
    rig.apply(returnUnstarted(session, 3L));
    assertThat(task(2).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(task(3).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
  }

  @Test
  void shouldGoOnWhenASessionIsOpenedAgain() {
    long session = openNew("w");
    rig.apply(enqueue("q", 3));
    leaseIds("q", session, 3);
    long token = rig.index();
    rig.apply(settle(session, 1, completed(2, token, "a")));
    rig.flush();
    rig.crash();
    Outcome again = rig.apply(open("w", List.of(3L, 4L, 9L), List.of(token, token + 7, token)));
    assertThat(again).isEqualTo(new Outcome.Opened(session, true, 1, List.of(4L, 9L)));
    assertThat(task(3).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(task(4).getState()).isEqualTo(TaskState.TASK_STATE_READY);
  }

  @Test
  void shouldRefuseWhenAnEndedSessionStillHoldsSomething() {
    assertThat(refusal(open("w", List.of(3L), List.of(1L))))
        .isEqualTo(RefusalReason.REFUSAL_REASON_SESSION_EXPIRED);
  }

  @Test
  void shouldForgetTheOldestResultsWhenThereAreTooMany() {
    rig.apply(configure("q", 0, 2));
    rig.apply(enqueue("q", 4));
    leaseIds("q", 0, 4);
    for (long id : new long[] {3, 1, 4, 2}) {
      rig.apply(settle(completed(id, 3, "r")));
    }
    assertThat(task(3).getState()).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(task(1).getState()).isEqualTo(TaskState.TASK_STATE_UNKNOWN);
    assertThat(task(4).getState()).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    assertThat(queue("q").getSucceeded()).isEqualTo(4);
  }

  @Test
  void shouldRefuseWhenAQueueIsFullAndSayItsRoom() {
    rig.apply(configure("q", 3, 10));
    rig.apply(enqueue("q", 2));
    rig.waiting.clear();
    assertThat(refusal(enqueue("q", 2))).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    Supply heard = Objects.requireNonNull(rig.waiting.get("q"));
    assertThat(heard.leasable()).isEqualTo(2);
    assertThat(heard.room()).isEqualTo(1);
    assertThat(queue("q").getEnqueued()).isEqualTo(2);
    assertThat(rig.apply(enqueue("q", 1))).isInstanceOf(Outcome.Enqueued.class);
  }

  @Test
  void shouldNotGiveAQueueNumberTwiceWhenAQueueWasOnlyNamed() {
    rig.apply(enqueue("q", resultsTo("results"), 1));
    rig.apply(enqueue("third", 1));
    rig.flush();
    rig.crash();
    rig.apply(enqueue("fourth", 1));
    assertThat(leaseIds("third", 0, 9)).containsExactly(2L);
    assertThat(leaseIds("fourth", 0, 9)).containsExactly(3L);
  }

  @Test
  void shouldHandOutOnceWhenATaskIsGivenBackAfterARestart() {
    rig.apply(enqueue("q", 4));
    leaseIds("q", 0, 3);
    rig.apply(settle(returned(1, 2)));
    rig.flush();
    rig.crash();
    rig.apply(settle(returned(3, 2)));
    rig.flush();
    assertThat(leaseIds("q", 0, 9)).containsExactly(1L, 3L, 4L);
  }

  @Test
  void shouldWeighResultsWhenAGenerationGrows() {
    rig.apply(configure("q", 0, 1));
    rig.apply(enqueue("q", 3));
    leaseIds("q", 0, 3);
    long before = rig.machine.currentBytes();
    rig.apply(settle(completed(1, 3, "x".repeat(1_000_000))));
    assertThat(rig.machine.currentBytes()).isGreaterThan(before + 900_000);
    rig.apply(settle(completed(2, 3, "x")));
    rig.apply(settle(completed(3, 3, "x")));
    assertThat(rig.machine.currentBytes()).isBetween(0L, before);
  }

  @Test
  void shouldThrowWhenACommandIsEmptyOrAnEntryComesTwice() {
    assertThatThrownBy(() -> rig.machine.apply(Command.getDefaultInstance(), 1))
        .isInstanceOf(IllegalStateException.class);
    rig.apply(enqueue("q", 1));
    assertThatThrownBy(() -> rig.machine.end(1, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldPageQueuesByNameWhenListed() {
    for (String name : List.of("b/2", "a", "b/1", "c", "b")) {
      rig.apply(enqueue(name, 1));
    }
    assertThat(rig.machine.queues("b", "", 9))
        .extracting(QueueInfo::getName)
        .containsExactly("b", "b/1", "b/2");
    assertThat(rig.machine.queues("b", "b", 1))
        .extracting(QueueInfo::getName)
        .containsExactly("b/1");
    assertThat(rig.machine.queues("", "b/2", 9))
        .extracting(QueueInfo::getName)
        .containsExactly("c");
  }
}
