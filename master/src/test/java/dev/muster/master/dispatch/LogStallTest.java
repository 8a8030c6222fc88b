package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The master's own log stalls: it reads no more of its workers, and must not call that silence. */
@Timeout(60)
final class LogStallTest {
  private static final long STALL_MS = 4L * Limits.SESSION_TIMEOUT_MS;

  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  /** Runs two tasks; the settlement of the first is with the log, which stalls. */
  private RigWorker stalled(TaskOptions options) {
    RigWorker worker = new RigWorker(rig).hello("w", 2);
    EnqueueRequest request =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .setOptions(options)
            .addPayloads(ByteString.EMPTY)
            .addPayloads(ByteString.EMPTY)
            .build();
    rig.run(() -> rig.dispatcher.enqueue(request, new LeaderRig.Replies()));
    worker.started(worker.ids.get(0), worker.ids.get(1));
    rig.hold();
    worker.frame(completed(worker, 0));
    return worker;
  }

  private static WorkerFrame.Builder completed(RigWorker worker, int which) {
    Settlement settlement =
        Settlement.newBuilder()
            .addCompletedIds(worker.ids.get(which))
            .addCompletedTokens(worker.tokens.get(which))
            .addResults(ByteString.EMPTY)
            .build();
    return WorkerFrame.newBuilder()
        .addSettlements(
            NumberedSettlement.newBuilder().setNumber(which + 1L).setSettlement(settlement));
  }

  private TaskInfo second(RigWorker worker) {
    return rig.task(worker.ids.get(1));
  }

  @Test
  void shouldNotLoseAWorkerWhenItsFramesWaitForTheLog() {
    RigWorker worker = stalled(TaskOptions.getDefaultInstance());
    rig.tick(STALL_MS);
    rig.release();
    assertThat(worker.expired).isFalse();
    assertThat(second(worker).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(second(worker).getCrashes()).isZero();
  }

  @Test
  void shouldLoseAWorkerThatIsSilentAfterTheStall() {
    RigWorker worker = stalled(TaskOptions.getDefaultInstance());
    rig.tick(STALL_MS);
    rig.release();
    rig.tick(Limits.SESSION_TIMEOUT_MS + 1);
    assertThat(worker.expired).isTrue();
    assertThat(second(worker).getCrashes()).isEqualTo(1);
  }

  @Test
  void shouldLoseAWorkerThatIsSilentWhenWhatItSaidCameToNothing() {
    RigWorker worker = stalled(TaskOptions.getDefaultInstance());
    rig.tick(STALL_MS);
    rig.lose();
    rig.tick(Limits.SESSION_TIMEOUT_MS + 1);
    assertThat(worker.expired).isTrue();
  }

  @Test
  void shouldNotLoseAWorkerWhenItsHelloWaitsForTheLog() {
    RigWorker worker = stalled(TaskOptions.getDefaultInstance());
    rig.release();
    rig.hold();
    worker.end();
    RigWorker again = new RigWorker(rig);
    worker.ids.remove(0);
    worker.tokens.remove(0);
    again.resume("w", worker, 0);
    rig.tick(STALL_MS);
    rig.release();
    assertThat(again.session()).isEqualTo(worker.session());
    assertThat(again.expired).isFalse();
    assertThat(rig.task(worker.ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    assertThat(rig.task(worker.ids.get(0)).getCrashes()).isZero();
  }

  @Test
  void shouldNotMissSignsOfProgressThatItDoesNotRead() {
    RigWorker worker = stalled(TaskOptions.newBuilder().setProgressTimeoutMs(3_000).build());
    rig.tick(STALL_MS);
    rig.release();
    progress(worker);
    rig.tick(2_999);
    assertThat(second(worker).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    worker.frame(WorkerFrame.newBuilder());
    rig.tick(1);
    assertThat(second(worker).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
  }

  private static void progress(RigWorker worker) {
    Progress sign =
        Progress.newBuilder().setId(worker.ids.get(1)).setToken(worker.tokens.get(1)).build();
    worker.frame(WorkerFrame.newBuilder().addProgress(sign));
  }

  @Test
  void shouldReadOfAnEndInTimeBeforeItStopsWhatRanForTooLong() {
    RigWorker worker = stalled(TaskOptions.newBuilder().setRunLimitMs(5_000).build());
    rig.tick(STALL_MS);
    rig.release();
    rig.tick(500);
    worker.frame(completed(worker, 1));
    assertThat(second(worker).getState()).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
  }

  @Test
  void shouldStopWhatStillRunsAfterTheStall() {
    RigWorker worker = stalled(TaskOptions.newBuilder().setRunLimitMs(5_000).build());
    rig.tick(STALL_MS);
    rig.release();
    worker.frame(WorkerFrame.newBuilder());
    rig.tick(2_000);
    assertThat(second(worker).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
  }
}
