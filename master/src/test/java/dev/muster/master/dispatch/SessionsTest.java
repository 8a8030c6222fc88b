package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import dev.muster.proto.v1.WorkerInfo;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the leader tells workers and knows of them beside their credit. */
@Timeout(60)
final class SessionsTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private void enqueue(int count, TaskOptions options) {
    EnqueueRequest.Builder request = EnqueueRequest.newBuilder().setQueue("q").setOptions(options);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    rig.run(() -> rig.dispatcher.enqueue(request.build(), new LeaderRig.Replies()));
  }

  private void enqueue(int count) {
    enqueue(count, TaskOptions.getDefaultInstance());
  }

  private void cancel(long id) {
    rig.propose(Command.newBuilder().setCancel(Cancel.newBuilder().addIds(id)).build());
  }

  private List<WorkerInfo> list(String queue, long after, int limit) {
    return rig.applier.read(machine -> rig.roster.list(machine, queue, after, limit));
  }

  private List<String> reasons(long id) {
    return rig
        .applier
        .<List<Reason>>read(machine -> rig.roster.explain(machine, machine.task(id, false)))
        .stream()
        .map(Reason::getRule)
        .toList();
  }

  @Test
  void shouldForgetOldQueuesWhenASessionComesBackWithOthers() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    worker.end();
    RigWorker again =
        new RigWorker(rig)
            .hello(
                Hello.newBuilder()
                    .setSession(ByteString.copyFromUtf8("w"))
                    .addQueues("other")
                    .setCredit(1));
    enqueue(1);
    assertThat(again.ids).isEmpty();
    assertThat(rig.queue("q").getReady()).isEqualTo(1);
  }

  @Test
  void shouldTellTheWorkerWhenItsTaskIsCalledOff() {
    RigWorker worker = new RigWorker(rig).hello("w", 2);
    enqueue(2);
    worker.started(worker.ids.get(0));
    cancel(worker.ids.get(0));
    assertThat(worker.stopped).containsExactly(worker.ids.get(0));
    assertThat(worker.cancelled).isEmpty();
  }

  @Test
  void shouldTellTheWorkerThatWasAwayWhenItsTaskWasCalledOff() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    worker.started(worker.ids.get(0));
    worker.end();
    cancel(worker.ids.get(0));
    assertThat(worker.stopped).isEmpty();
    RigWorker again = new RigWorker(rig).resume("w", worker, 0);
    assertThat(again.stopped).isEqualTo(worker.ids);
  }

  @Test
  void shouldKillAWorkerWhenItComesBackIfItWasAwayThen() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    worker.end();
    rig.run(() -> assertThat(rig.sessions.kill(worker.session())).isTrue());
    assertThat(worker.kills).isZero();
    RigWorker again = new RigWorker(rig).resume("w", worker, 1);
    enqueue(1);
    assertThat(again.kills).isEqualTo(1);
    assertThat(again.drains).isZero();
    assertThat(again.ids).isEmpty();
  }

  @Test
  void shouldKillAWorkerThatDrains() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    rig.run(() -> assertThat(rig.sessions.drain(worker.session())).isTrue());
    rig.run(() -> assertThat(rig.sessions.kill(worker.session())).isTrue());
    assertThat(worker.drains).isEqualTo(1);
    assertThat(worker.kills).isEqualTo(1);
  }

  @Test
  void shouldNotCountAsStartedWhatWasSettledAsCancelled() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    worker.started(worker.ids.get(0));
    cancel(worker.ids.get(0));
    Settlement settlement =
        Settlement.newBuilder()
            .addCancelledIds(worker.ids.get(0))
            .addCancelledTokens(worker.tokens.get(0))
            .build();
    worker.frame(
        WorkerFrame.newBuilder()
            .addSettlements(
                NumberedSettlement.newBuilder().setNumber(1).setSettlement(settlement)));
    assertThat(rig.sessions.hasStarted(worker.session(), worker.ids.get(0))).isFalse();
    assertThat(rig.task(worker.ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldAskAWorkerToDrainAndOfferItNothingMore() {
    RigWorker worker = new RigWorker(rig).hello("w", 5);
    rig.run(() -> assertThat(rig.sessions.drain(worker.session())).isTrue());
    assertThat(worker.drains).isEqualTo(1);
    enqueue(1);
    assertThat(worker.ids).isEmpty();
    worker.end();
    RigWorker again = new RigWorker(rig).hello("w", 5);
    assertThat(again.drains).isEqualTo(1);
    assertThat(again.ids).isEmpty();
    assertThat(list("", 0, 10).get(0).getDraining()).isTrue();
  }

  private void beatFor(RigWorker worker, int ms) {
    for (int passed = 0; passed < ms; passed += 1_000) {
      rig.tick(1_000);
      worker.frame(WorkerFrame.newBuilder());
    }
  }

  @Test
  void shouldEndTheStreamOfAWorkerThatSaysItLivesButTakesNoFrames() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    enqueue(1);
    worker.stuck = true;
    beatFor(worker, Limits.SESSION_TIMEOUT_MS);
    assertThat(worker.finishes).isZero();
    beatFor(worker, 1_000);
    assertThat(worker.finishes).isPositive();
    // what it was offered and did not begin goes back
    worker.end();
    assertThat(rig.queue("q").getReady()).isEqualTo(1);
    assertThat(list("q", 0, 10).get(0).getConnected()).isFalse();
  }

  @Test
  void shouldKeepTheStreamOfAWorkerThatTakesFramesSlowly() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    for (int i = 0; i < 3; i++) {
      worker.stuck = true;
      beatFor(worker, Limits.SESSION_TIMEOUT_MS - 1_000);
      worker.stuck = false;
      beatFor(worker, 1_000);
    }
    assertThat(worker.finishes).isZero();
  }

  @Test
  void shouldKnowNoSessionToDrainWhenThereIsNone() {
    rig.run(() -> assertThat(rig.sessions.drain(99)).isFalse());
  }

  @Test
  void shouldListWorkersByPagesAndQueues() {
    RigWorker one =
        new RigWorker(rig)
            .hello(
                Hello.newBuilder()
                    .setSession(ByteString.copyFromUtf8("one"))
                    .setName("one")
                    .setHost("h")
                    .setPid(7)
                    .setClient("c")
                    .addQueues("q")
                    .addHandlers("resize")
                    .putLabels("gpu", "yes")
                    .setSlots(4)
                    .setCredit(3));
    RigWorker two = new RigWorker(rig).hello("two", 1);
    enqueue(3);
    one.started(one.ids.get(0));
    two.end();
    rig.tick(1_500);
    List<WorkerInfo> all = list("", 0, 10);
    assertThat(all)
        .extracting(WorkerInfo::getSession)
        .containsExactly(one.session(), two.session());
    WorkerInfo first = all.get(0);
    assertThat(first.getName()).isEqualTo("one");
    assertThat(first.getPid()).isEqualTo(7);
    assertThat(first.getHandlersList()).containsExactly("resize");
    assertThat(first.getLabelsMap()).containsEntry("gpu", "yes");
    assertThat(first.getSlots()).isEqualTo(4);
    assertThat(first.getRunning()).isEqualTo(1);
    assertThat(first.getOffered()).isEqualTo(one.ids.size() - 1);
    assertThat(first.getCredit()).isEqualTo(3 - one.ids.size());
    assertThat(first.getConnected()).isTrue();
    assertThat(first.getConnectedMs()).isEqualTo(1_500);
    assertThat(all.get(1).getConnected()).isFalse();
    assertThat(list("", one.session(), 10)).hasSize(1);
    assertThat(list("", 0, 1)).hasSize(1);
    assertThat(list("other", 0, 10)).isEmpty();
  }

  @Test
  void shouldSayWhyNoWorkerTakesATask() {
    TaskOptions options =
        TaskOptions.newBuilder().setHandler("resize").setCost(3).putRequires("gpu", "yes").build();
    enqueue(1, options);
    assertThat(reasons(1)).containsExactly("NO_WORKER");
    Hello.Builder hello =
        Hello.newBuilder().addQueues("q").setCredit(2).putLabels("gpu", "no").setSlots(2);
    new RigWorker(rig).hello(hello.setSession(ByteString.copyFromUtf8("a")));
    assertThat(reasons(1)).containsExactly("NO_WORKER_WITH_LABELS");
    new RigWorker(rig)
        .hello(hello.setSession(ByteString.copyFromUtf8("b")).putLabels("gpu", "yes"));
    assertThat(reasons(1)).containsExactly("NO_WORKER_WITH_SLOTS");
    RigWorker large =
        new RigWorker(rig).hello(hello.setSession(ByteString.copyFromUtf8("c")).setSlots(8));
    assertThat(reasons(1)).containsExactly("WORKERS_BUSY", "NO_WORKER_WITH_HANDLER");
    rig.run(() -> rig.sessions.drain(large.session()));
    assertThat(reasons(1)).containsExactly("NO_WORKER_WITH_SLOTS");
  }
}
