package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Overrun;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RunWatchTest {
  private static final TaskOptions RUN_LIMIT =
      TaskOptions.newBuilder().setRunLimitMs(5_000).build();
  private static final TaskOptions PROGRESS_TIMEOUT =
      TaskOptions.newBuilder().setProgressTimeoutMs(3_000).build();

  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private RigWorker offered(TaskOptions options) {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    EnqueueRequest request =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .setOptions(options)
            .addPayloads(ByteString.EMPTY)
            .build();
    rig.run(() -> rig.dispatcher.enqueue(request, new LeaderRig.Replies()));
    assertThat(worker.ids).hasSize(1);
    return worker;
  }

  private RigWorker running(TaskOptions options) {
    RigWorker worker = offered(options);
    worker.started(worker.ids.get(0));
    return worker;
  }

  private void live(RigWorker worker, long ms) {
    for (long left = ms; left > 0; left -= 1_000) {
      worker.frame(WorkerFrame.newBuilder());
      rig.tick(Math.min(left, 1_000));
    }
  }

  private void progress(RigWorker worker, long token) {
    worker.frame(
        WorkerFrame.newBuilder()
            .addProgress(Progress.newBuilder().setId(worker.ids.get(0)).setToken(token)));
  }

  private List<Overrun> overruns() {
    return rig.entries.stream()
        .flatMap(entry -> entry.getCommandsList().stream())
        .filter(Command::hasOverrun)
        .map(Command::getOverrun)
        .toList();
  }

  @Test
  void shouldEndAnAttemptWhenItRunsForTooLong() {
    RigWorker worker = running(RUN_LIMIT);
    live(worker, 4_999);
    assertThat(overruns()).isEmpty();
    live(worker, 1);
    assertThat(overruns()).hasSize(1);
    assertThat(overruns().get(0).getCauses(0))
        .isEqualTo("it ran for longer than its run-time limit of 5000 ms");
    assertThat(worker.cancelled).isEqualTo(worker.ids);
    assertThat(rig.task(worker.ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    assertThat(rig.sessions.hasStarted(worker.session(), worker.ids.get(0))).isFalse();
    assertThat(rig.runs.size()).isZero();
  }

  @Test
  void shouldNotCountTheTimeBeforeItStarts() {
    RigWorker worker = offered(RUN_LIMIT);
    live(worker, 60_000);
    worker.started(worker.ids.get(0));
    live(worker, 4_999);
    assertThat(overruns()).isEmpty();
  }

  @Test
  void shouldEndAnAttemptWhenItGivesNoSignOfProgress() {
    RigWorker worker = running(PROGRESS_TIMEOUT);
    for (int i = 0; i < 5; i++) {
      live(worker, 2_000);
      progress(worker, worker.tokens.get(0));
    }
    assertThat(overruns()).isEmpty();
    live(worker, 2_000);
    progress(worker, worker.tokens.get(0) + 1); // Another attempt's sign is none of this one.
    live(worker, 1_000);
    assertThat(overruns()).hasSize(1);
    assertThat(overruns().get(0).getCauses(0)).contains("no sign of progress for 3000 ms");
  }

  @Test
  void shouldNotTakeItsOwnPauseForSilence() {
    RigWorker worker = running(PROGRESS_TIMEOUT);
    rig.pause(60_000);
    assertThat(overruns()).isEmpty();
    live(worker, 3_000);
    assertThat(overruns()).hasSize(1);
  }

  @Test
  void shouldForgetAnAttemptWhenItIsSettled() {
    RigWorker worker = running(RUN_LIMIT);
    Settlement settlement =
        Settlement.newBuilder()
            .addCompletedIds(worker.ids.get(0))
            .addCompletedTokens(worker.tokens.get(0))
            .build();
    worker.frame(
        WorkerFrame.newBuilder()
            .addSettlements(
                NumberedSettlement.newBuilder().setNumber(1).setSettlement(settlement)));
    live(worker, 10_000);
    assertThat(rig.runs.size()).isZero();
    assertThat(overruns()).isEmpty();
  }

  @Test
  void shouldProposeAgainWhenAProposalDoesNotCome() {
    RigWorker worker = running(RUN_LIMIT);
    live(worker, 4_000);
    rig.hold();
    rig.tick(1_000);
    rig.tick(1_000);
    rig.release();
    assertThat(overruns()).hasSize(2);
    assertThat(worker.cancelled).isEqualTo(worker.ids);
  }

  @Test
  void shouldNotTakeTheStartOfAnAttemptForThatOfTheNext() {
    TaskOptions again =
        RUN_LIMIT.toBuilder().setRetry(RetryPolicy.newBuilder().setMaxAttempts(2)).build();
    RigWorker worker = running(again);
    long id = worker.ids.get(0);
    FailedAttempt.Builder failed =
        FailedAttempt.newBuilder()
            .setId(id)
            .setToken(worker.tokens.get(0))
            .setRetryAfterMs(1)
            .setFailure(Failure.newBuilder().setKind("k").setRetryable(true));
    worker.frame(
        WorkerFrame.newBuilder()
            .setCredit(1)
            .addSettlements(
                NumberedSettlement.newBuilder()
                    .setNumber(1)
                    .setSettlement(Settlement.newBuilder().addFailed(failed))));
    live(worker, 1_000);
    assertThat(worker.ids).containsExactly(id, id);
    live(worker, 10_000);
    assertThat(overruns()).isEmpty();
    worker.started(id);
    live(worker, 5_000);
    assertThat(overruns()).hasSize(1);
  }

  @Test
  void shouldNotKeepWhatHasNoLimit() {
    RigWorker worker = running(TaskOptions.getDefaultInstance());
    assertThat(rig.runs.size()).isEqualTo(1);
    live(worker, 1_000);
    assertThat(rig.runs.size()).isZero();
  }

  @Test
  void shouldBeginAnewWhenTheWorkerComesBackWithoutWhatItRan() {
    RigWorker worker = running(RUN_LIMIT);
    live(worker, 4_000);
    worker.end();
    RigWorker again = new RigWorker(rig).hello("w", 1);
    assertThat(again.ids).isEqualTo(worker.ids);
    again.started(again.ids.get(0));
    live(again, 4_999);
    assertThat(overruns()).isEmpty();
    live(again, 1);
    assertThat(again.cancelled).isEqualTo(again.ids);
  }

  @Test
  void shouldWatchTheNextAttemptWhenTheOneBeforeIsSettledLate() {
    RigWorker worker = running(RUN_LIMIT);
    long lost = worker.tokens.get(0);
    worker.end();
    RigWorker again = new RigWorker(rig).hello("w", 1);
    assertThat(again.ids).isEqualTo(worker.ids);
    again.started(again.ids.get(0));
    Settlement late =
        Settlement.newBuilder().addCompletedIds(worker.ids.get(0)).addCompletedTokens(lost).build();
    again.frame(
        WorkerFrame.newBuilder()
            .addSettlements(NumberedSettlement.newBuilder().setNumber(1).setSettlement(late)));
    assertThat(rig.sessions.hasStarted(again.session(), again.ids.get(0))).isTrue();
    live(again, 5_000);
    assertThat(overruns()).hasSize(1);
    assertThat(again.cancelled).isEqualTo(again.ids);
  }

  @Test
  void shouldWatchWhatAWorkerConfirmsThoughItsStreamBeforeEndsMeanwhile() {
    RigWorker worker = offered(RUN_LIMIT);
    rig.hold();
    RigWorker again = new RigWorker(rig).resume("w", worker, 0);
    worker.end();
    rig.release();
    again.started(worker.ids.get(0));
    live(again, 5_000);
    assertThat(overruns()).hasSize(1);
  }

  @Test
  void shouldAskForAnotherHelloWhenWhatItConfirmedEndsBehindItInTheSameEntry() {
    RigWorker worker = running(RUN_LIMIT);
    worker.end();
    RigWorker again = new RigWorker(rig);
    Hello hello =
        Hello.newBuilder()
            .setSession(ByteString.copyFromUtf8("w"))
            .addQueues("q")
            .addAllHeldIds(worker.ids)
            .addAllHeldTokens(worker.tokens)
            .build();
    Overrun over =
        Overrun.newBuilder()
            .addAllIds(worker.ids)
            .addAllTokens(worker.tokens)
            .addCauses("it ran for too long")
            .build();
    rig.run(
        () -> {
          rig.sessions.open(again, hello, again);
          rig.proposer.propose(Command.newBuilder().setOverrun(over).build(), Reply.NONE);
        });
    assertThat(rig.entries.get(rig.entries.size() - 1).getCommandsList())
        .extracting(Command::getVerbCase)
        .containsExactly(Command.VerbCase.OPEN_SESSION, Command.VerbCase.OVERRUN);
    assertThat(again.cancelled).isEmpty();
    assertThat(again.finishes).isEqualTo(1);
  }
}
