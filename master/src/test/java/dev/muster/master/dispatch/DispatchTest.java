package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Credit, turns, sessions and waits, on the real loop and rules. */
@Timeout(30)
final class DispatchTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    assertThat(rig.applier.<List<String>>read(machine -> machine.unconserved())).isEmpty();
    rig.close();
  }

  /** A worker whose frames the test writes. */
  private final class Worker implements WorkerStream, Sessions.HelloListener {
    final List<Long> ids = new ArrayList<>();
    final List<Long> tokens = new ArrayList<>();
    final List<Long> refused = new ArrayList<>();
    long settledUpto;
    int heartbeats;
    boolean expired;
    boolean finished;
    Outcome.@Nullable Opened opened;
    private Sessions.@Nullable Handle handle;

    Worker hello(String key, int credit) {
      return hello(key, credit, List.of(), List.of());
    }

    Worker hello(String key, int credit, List<Long> heldIds, List<Long> heldTokens) {
      begin(key, credit, heldIds, heldTokens);
      rig.settle();
      return this;
    }

    void begin(String key, int credit, List<Long> heldIds, List<Long> heldTokens) {
      Hello hello =
          Hello.newBuilder()
              .setSession(ByteString.copyFromUtf8(key))
              .addQueues("q")
              .setCredit(credit)
              .addAllHeldIds(heldIds)
              .addAllHeldTokens(heldTokens)
              .build();
      rig.proposer.execute(() -> rig.sessions.open(this, hello, this));
    }

    Sessions.Handle handle() {
      return Objects.requireNonNull(handle);
    }

    void frame(WorkerFrame.Builder frame) {
      handle().frame(frame.build(), () -> {});
      rig.settle();
    }

    void started(Long... started) {
      WorkerFrame.Builder frame = WorkerFrame.newBuilder();
      for (Long id : started) {
        frame.addStartedIds(id).addStartedTokens(tokens.get(ids.indexOf(id)));
      }
      frame(frame);
    }

    void complete(long number, int i, int credit) {
      Settlement.Builder settlement =
          Settlement.newBuilder()
              .addCompletedIds(ids.get(i))
              .addCompletedTokens(tokens.get(i))
              .addResults(ByteString.EMPTY);
      frame(
          WorkerFrame.newBuilder()
              .setCredit(credit)
              .addSettlements(
                  NumberedSettlement.newBuilder().setNumber(number).setSettlement(settlement)));
    }

    void end() {
      handle().ended();
      rig.settle();
    }

    @Override
    public void offer(List<Offer> offers) {
      for (Offer offer : offers) {
        ids.addAll(offer.getIdsList());
        offer.getIdsList().forEach(id -> tokens.add(offer.getToken()));
      }
    }

    @Override
    public void settled(long upto, List<RefusedAttempt> more) {
      settledUpto = upto;
      more.forEach(attempt -> refused.add(attempt.getId()));
    }

    @Override
    public void cancelled(List<Long> cancelled) {}

    @Override
    public void stop(long id, long token) {}

    @Override
    public void drain() {}

    @Override
    public void kill() {}

    @Override
    public void stackWanted(long id) {}

    @Override
    public void heartbeat() {
      heartbeats++;
    }

    @Override
    public void expired() {
      expired = true;
    }

    @Override
    public void finish() {
      finished = true;
    }

    @Override
    public void opened(Sessions.Handle session, Outcome.Opened outcome) {
      handle = session;
      opened = outcome;
    }

    @Override
    public void unavailable(String why) {
      throw new AssertionError(why);
    }
  }

  private static EnqueueRequest tasks(int count, int waitMs) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q").setWaitMs(waitMs);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.copyFromUtf8("x"));
    }
    return request.build();
  }

  private LeaderRig.Replies enqueue(int count, int waitMs) {
    LeaderRig.Replies replies = new LeaderRig.Replies();
    rig.run(() -> rig.dispatcher.enqueue(tasks(count, waitMs), replies));
    return replies;
  }

  private RigTaker take(int max, int waitMs) {
    RigTaker taker = new RigTaker();
    beginTake(taker, max, waitMs);
    rig.settle();
    return taker;
  }

  private void beginTake(RigTaker taker, int max, int waitMs) {
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue("q")
            .setMax(max)
            .setWaitMs(waitMs)
            .setVisibilityTimeoutMs(1_000)
            .build();
    rig.proposer.execute(() -> rig.dispatcher.take(request, taker));
  }

  private void configure(long maxLength) {
    rig.propose(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder()
                    .setQueue("q")
                    .setSettings(QueueSettings.newBuilder().setMaxLength(maxLength)))
            .build());
  }

  private static RefusalReason reason(LeaderRig.Replies replies) {
    return ((Outcome.Refused) replies.outcomes.element()).reason();
  }

  @Test
  void shouldNeverOfferMoreThanTheCredit() {
    Worker worker = new Worker().hello("w", 3);
    enqueue(10, 0);
    assertThat(worker.ids).hasSize(3);
    enqueue(10, 0);
    assertThat(worker.ids).hasSize(3);
    worker.complete(1, 0, 1);
    assertThat(worker.ids).hasSize(4);
    assertThat(worker.settledUpto).isEqualTo(1);
    worker.frame(WorkerFrame.newBuilder().setCredit(5));
    assertThat(worker.ids).hasSize(9).doesNotHaveDuplicates();
  }

  @Test
  void shouldLeaseInTheEntryOfTheTasksWhenAWorkerWaits() {
    new Worker().hello("w", 3);
    int before = rig.entries.size();
    enqueue(2, 0);
    assertThat(rig.entries.get(before).getCommandsList())
        .extracting(Command::getVerbCase)
        .containsExactly(Command.VerbCase.ENQUEUE, Command.VerbCase.LEASE);
  }

  @Test
  void shouldShareEvenlyWhenWorkersHaveLargeCredit() {
    Worker one = new Worker().hello("one", 1_000);
    Worker two = new Worker().hello("two", 1_000);
    enqueue(10, 0);
    assertThat(one.ids).hasSize(5);
    assertThat(two.ids).hasSize(5);
  }

  @Test
  void shouldGiveBackFreeWhatWasNotStartedWhenAStreamEnds() {
    Worker worker = new Worker().hello("w", 2);
    enqueue(2, 0);
    worker.started(worker.ids.get(0));
    worker.end();
    assertThat(rig.task(worker.ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(rig.task(worker.ids.get(1)).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(rig.task(worker.ids.get(1)).getReturns()).isEqualTo(1);
    assertThat(rig.task(worker.ids.get(1)).getAttempts()).isZero();
  }

  @Test
  void shouldGiveBackWhatIsLeasedToAStreamThatHasEnded() {
    Worker worker = new Worker().hello("w", 2);
    rig.hold();
    enqueue(2, 0);
    worker.handle().ended();
    rig.settle();
    rig.release();
    assertThat(rig.queue("q").getReady()).isEqualTo(2);
  }

  @Test
  void shouldEndASessionWhenItIsSilentForTooLong() {
    Worker worker = new Worker().hello("w", 2);
    enqueue(2, 0);
    worker.started(worker.ids.get(0));
    rig.tick(Limits.SESSION_TIMEOUT_MS);
    assertThat(worker.expired).isFalse();
    rig.tick(1);
    assertThat(worker.expired).isTrue();
    assertThat(rig.task(worker.ids.get(0)).getCrashes()).isEqualTo(1);
    assertThat(rig.task(worker.ids.get(1)).getCrashes()).isZero();
    assertThat(rig.queue("q").getReady()).isEqualTo(2);
  }

  @Test
  void shouldNotEndSessionsWhenTheMasterItselfWasPaused() {
    Worker worker = new Worker().hello("w", 1);
    rig.pause(10 * Limits.SESSION_TIMEOUT_MS);
    assertThat(worker.expired).isFalse();
    rig.tick(Limits.SESSION_TIMEOUT_MS);
    assertThat(worker.expired).isFalse();
    rig.tick(1);
    assertThat(worker.expired).isTrue();
  }

  @Test
  void shouldLiveOnWhenAnEmptyFrameComesInTime() {
    Worker worker = new Worker().hello("w", 1);
    for (int i = 0; i < 5; i++) {
      rig.tick(Limits.SESSION_TIMEOUT_MS - 1);
      worker.frame(WorkerFrame.newBuilder());
    }
    assertThat(worker.expired).isFalse();
    assertThat(worker.heartbeats).isPositive();
  }

  @Test
  void shouldResumeWhenAWorkerComesBackWithWhatItHolds() {
    Worker worker = new Worker().hello("w", 2);
    enqueue(2, 0);
    worker.started(worker.ids.get(0), worker.ids.get(1));
    worker.end();
    Worker again =
        new Worker().hello("w", 1, List.of(worker.ids.get(0)), List.of(worker.tokens.get(0)));
    Outcome.Opened opened = Objects.requireNonNull(again.opened);
    assertThat(opened.resumed()).isTrue();
    // What it does not hold went back, and came to it again by its credit.
    assertThat(again.ids).containsExactly(worker.ids.get(1));
    assertThat(rig.task(worker.ids.get(0)).getToken()).isEqualTo(worker.tokens.get(0));
  }

  @Test
  void shouldLeaveToAWorkerThatComesBackWhatItHoldsWhenItsOldStreamEndsLate() {
    Worker worker = new Worker().hello("w", 1);
    enqueue(1, 0);
    rig.hold();
    Worker again = new Worker();
    again.begin("w", 0, worker.ids, worker.tokens);
    rig.settle();
    worker.end();
    rig.release();
    assertThat(again.opened).isNotNull();
    assertThat(rig.task(worker.ids.get(0)).getToken()).isEqualTo(worker.tokens.get(0));
  }

  @Test
  void shouldLeaseNothingOnOldCreditToAWorkerThatComesBack() {
    new Worker().hello("w", 3);
    rig.hold();
    Worker again = new Worker();
    again.begin("w", 1, List.of(), List.of());
    rig.settle();
    enqueue(3, 0);
    rig.release();
    assertThat(again.ids).hasSize(1);
  }

  @Test
  void shouldNotCountTheCreditOfALateFrameTwice() {
    Worker worker = new Worker().hello("w", 1);
    Worker again = new Worker().hello("w", 1);
    worker.frame(WorkerFrame.newBuilder().setCredit(1));
    enqueue(3, 0);
    assertThat(again.ids).hasSize(1);
  }

  @Test
  void shouldTellTheStreamThatCameBackWhenItsSessionIsBeingEnded() {
    Worker worker = new Worker().hello("w", 1);
    rig.hold();
    Worker again = new Worker();
    again.begin("w", 1, List.of(), List.of());
    rig.settle();
    worker.frame(WorkerFrame.newBuilder().setGoodbye(true));
    rig.release();
    assertThat(again.opened).isNotNull();
    assertThat(again.finished).isTrue();
  }

  @Test
  void shouldRefuseTheHelloWhenTheSessionHasEnded() {
    Worker worker = new Worker().hello("w", 1);
    enqueue(1, 0);
    rig.tick(Limits.SESSION_TIMEOUT_MS + 1);
    Worker again = new Worker().hello("w", 1, worker.ids, worker.tokens);
    assertThat(again.expired).isTrue();
    assertThat(again.opened).isNull();
  }

  @Test
  void shouldOfferNothingMoreWhenAWorkerDrains() {
    Worker worker = new Worker().hello("w", 5);
    worker.frame(WorkerFrame.newBuilder().setDraining(true));
    enqueue(3, 0);
    assertThat(worker.ids).isEmpty();
    worker.frame(WorkerFrame.newBuilder().setGoodbye(true));
    assertThat(worker.finished).isTrue();
    assertThat(rig.applier.<Integer>read(machine -> machine.sessions().length)).isZero();
  }

  @Test
  void shouldAnswerAtOnceWhenATakeDoesNotWait() {
    assertThat(take(1, 0).answers).containsExactly(List.of());
    enqueue(2, 0);
    assertThat(take(5, 0).answers).containsExactly(List.of(1L, 2L));
  }

  @Test
  void shouldWakeATakeWhenATaskComes() {
    RigTaker first = take(1, 10_000);
    RigTaker second = take(1, 10_000);
    assertThat(first.answers).isEmpty();
    enqueue(1, 0);
    assertThat(first.answers).containsExactly(List.of(1L));
    assertThat(second.answers).isEmpty();
    enqueue(1, 0);
    assertThat(second.answers).containsExactly(List.of(2L));
  }

  @Test
  void shouldAnswerATakeEmptyWhenItsTimeIsOver() {
    RigTaker taker = take(1, 500);
    rig.tick(499);
    assertThat(taker.answers).isEmpty();
    rig.tick(1);
    assertThat(taker.answers).containsExactly(List.of());
    enqueue(1, 0);
    assertThat(taker.answers).hasSize(1);
  }

  @Test
  void shouldNotSayNoneWhenAnotherTakeAskedForMoreThanItGot() {
    enqueue(3, 0);
    rig.hold();
    RigTaker greedy = new RigTaker();
    beginTake(greedy, 10_000, 0);
    rig.settle();
    RigTaker modest = new RigTaker();
    beginTake(modest, 1, 0);
    enqueue(1, 0);
    rig.release();
    assertThat(greedy.answers).containsExactly(List.of(1L, 2L, 3L));
    assertThat(modest.answers).containsExactly(List.of(4L));
  }

  @Test
  void shouldGiveBackWhenTheTakerIsGone() {
    RigTaker taker = new RigTaker();
    taker.gone = true;
    beginTake(taker, 1, 10_000);
    enqueue(1, 0);
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(rig.task(1).getReturns()).isPositive();
  }

  @Test
  void shouldExpireALeaseWhenItsTimeIsOver() {
    enqueue(1, 0);
    take(1, 0);
    rig.tick(999);
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    rig.tick(1);
    assertThat(rig.task(1).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(rig.task(1).getExpiries()).isEqualTo(1);
  }

  @Test
  void shouldAcceptAnEnqueueWhenRoomComes() {
    configure(2);
    enqueue(2, 0);
    assertThat(reason(enqueue(1, 0))).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    LeaderRig.Replies parked = enqueue(1, 10_000);
    assertThat(parked.outcomes).isEmpty();
    take(1, 0);
    assertThat(parked.outcomes).containsExactly(new Outcome.Enqueued(3, 1));
  }

  @Test
  void shouldRefuseAParkedEnqueueWhenItsTimeIsOver() {
    configure(1);
    enqueue(1, 0);
    LeaderRig.Replies parked = enqueue(1, 500);
    rig.tick(499);
    assertThat(parked.outcomes).isEmpty();
    rig.tick(1);
    assertThat(reason(parked)).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
  }

  @Test
  void shouldCountWorkersWhenTheyHaveStreams() {
    Worker worker = new Worker().hello("w", 1);
    assertThat(rig.sessions.workers("q")).isEqualTo(1);
    worker.end();
    assertThat(rig.sessions.workers("q")).isZero();
  }

  @Test
  void shouldWatchSessionsAndLeasesWhenItBeginsToLead() {
    Worker worker = new Worker().hello("w", 1);
    enqueue(2, 0);
    take(1, 0);
    LeaderRig next = rig;
    next.run(
        () ->
            next.applier.read(
                machine -> {
                  next.sessions.restore(machine);
                  next.timers.restore(machine);
                  return true;
                }));
    rig.tick(1_000);
    assertThat(rig.task(worker.ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    QueueInfo queue = rig.queue("q");
    assertThat(queue.getReady()).isEqualTo(1);
    assertThat(queue.getOffered()).isEqualTo(1);
  }
}
