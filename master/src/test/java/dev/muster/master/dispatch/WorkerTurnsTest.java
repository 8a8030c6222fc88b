package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many queues, many workers: who gets what, and what it costs. The first worker has number 1. */
@Timeout(60)
final class WorkerTurnsTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    assertThat(rig.applier.<List<String>>read(machine -> machine.unconserved())).isEmpty();
    rig.close();
  }

  private RigWorker worker(LeaderRig on, String key, int credit, List<String> queues) {
    return new RigWorker(on)
        .hello(
            Hello.newBuilder()
                .setSession(ByteString.copyFromUtf8(key))
                .addAllQueues(queues)
                .setSlots(8)
                .setCredit(credit));
  }

  private static void put(LeaderRig on, String queue, int count, int cost) {
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder()
            .setQueue(queue)
            .setOptions(TaskOptions.newBuilder().setCost(cost));
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY);
    }
    on.run(() -> on.dispatcher.enqueue(request.build(), new LeaderRig.Replies()));
  }

  private static void credit(RigWorker worker, int more) {
    worker.frame(WorkerFrame.newBuilder().setCredit(more));
  }

  private static List<String> queues(int count) {
    return IntStream.range(0, count).mapToObj(i -> "q" + i).toList();
  }

  /**
   * Looks at queues while a worker of so many is given thirty tasks, one for each of its frames.
   */
  private long looksWithQueues(int count) {
    LeaderRig other = new LeaderRig();
    try {
      RigWorker worker = worker(other, "w", 0, queues(count));
      put(other, "q0", 30, 1);
      long before = other.dispatcher.looks();
      for (int i = 0; i < 30; i++) {
        credit(worker, 1);
      }
      assertThat(worker.ids).hasSize(30);
      return other.dispatcher.looks() - before;
    } finally {
      other.close();
    }
  }

  @Test
  void shouldLookAtNoMoreQueuesWhenAWorkerServesMany() {
    assertThat(looksWithQueues(1_000)).isEqualTo(looksWithQueues(1));
  }

  @Test
  void shouldLookAtNoMoreQueuesThanGetCreditWhenAllHaveTasks() {
    List<String> names = queues(100);
    RigWorker worker = worker(rig, "w", 0, names);
    names.forEach(name -> put(rig, name, 2, 1));
    long before = rig.dispatcher.looks();
    credit(worker, 1);
    assertThat(worker.ids).hasSize(1);
    assertThat(rig.dispatcher.looks() - before).isLessThan(10);
  }

  @Test
  void shouldGiveCreditToQueuesThatWaitInTurn() {
    RigWorker worker = worker(rig, "w", 0, List.of("a", "b", "c"));
    put(rig, "a", 3, 1); // 2, 3, 4
    put(rig, "b", 3, 1); // 5, 6, 7
    put(rig, "c", 3, 1); // 8, 9, 10
    for (int i = 0; i < 9; i++) {
      credit(worker, 1);
    }
    assertThat(worker.ids).containsExactly(2L, 5L, 8L, 3L, 6L, 9L, 4L, 7L, 10L);
  }

  @Test
  void shouldGiveTasksThatComeOneByOneToWorkersInTurn() {
    List<String> names = queues(3);
    RigWorker one = worker(rig, "one", 2, names); // 1
    RigWorker two = worker(rig, "two", 2, names); // 2
    for (int i = 0; i < 4; i++) {
      put(rig, "q1", 1, 1);
    }
    assertThat(one.ids).containsExactly(3L, 5L);
    assertThat(two.ids).containsExactly(4L, 6L);
  }

  /** A worker runs so many tasks, each for so long, and takes no more. */
  private void run(int count, int runUs) {
    RigWorker worker = worker(rig, "runs " + runUs, count, List.of("q"));
    put(rig, "q", count, 1);
    Settlement.Builder settlement =
        Settlement.newBuilder().addAllCompletedIds(worker.ids).addAllCompletedTokens(worker.tokens);
    worker.ids.forEach(id -> settlement.addCompletedRunUs(runUs));
    NumberedSettlement.Builder numbered =
        NumberedSettlement.newBuilder().setNumber(1).setSettlement(settlement);
    worker.frame(WorkerFrame.newBuilder().addSettlements(numbered));
    assertThat(worker.ids).hasSize(count);
  }

  /** How many of 40 tasks each of two workers gets that wait for them. */
  private List<Integer> sharesOf40() {
    RigWorker one = worker(rig, "one", 100, List.of("q"));
    RigWorker two = worker(rig, "two", 100, List.of("q"));
    put(rig, "q", 40, 1);
    return List.of(one.ids.size(), two.ids.size());
  }

  @Test
  void shouldShareEvenlyWhatRunsForLong() {
    run(9_000, 1_000);
    assertThat(sharesOf40()).containsExactly(20, 20);
  }

  @Test
  void shouldNotCutIntoManyFramesWhatRunsInNoTime() {
    run(9_000, 1);
    assertThat(sharesOf40()).containsExactly(40, 0);
  }

  @Test
  void shouldShareEvenlyAgainAfterOneLongRun() {
    run(9_000, 1);
    run(1, 10_000_000);
    assertThat(sharesOf40()).containsExactly(20, 20);
  }

  @Test
  void shouldComeBackToAQueueWhenTheCreditForItsTaskIsThere() {
    RigWorker worker = worker(rig, "w", 0, List.of("dear", "cheap"));
    put(rig, "dear", 1, 3); // 2
    credit(worker, 2);
    assertThat(worker.ids).isEmpty();
    long before = rig.dispatcher.looks();
    worker.frame(WorkerFrame.newBuilder().addStartedIds(99).addStartedTokens(1));
    assertThat(rig.dispatcher.looks()).isEqualTo(before);
    put(rig, "cheap", 1, 1); // 3
    credit(worker, 1);
    assertThat(worker.ids).containsExactly(3L);
    credit(worker, 1);
    assertThat(worker.ids).containsExactly(3L, 2L);
  }

  @Test
  void shouldServeAWorkerThatCameBackWithOtherQueues() {
    RigWorker before = worker(rig, "w", 0, List.of("a", "b"));
    put(rig, "a", 1, 1); // 2
    put(rig, "b", 1, 1); // 3
    RigWorker after = worker(rig, "w", 0, List.of("b"));
    credit(after, 5);
    assertThat(before.ids).isEmpty();
    assertThat(after.ids).containsExactly(3L);
  }

  @Test
  void shouldForgetNoQueueForACallThatEndedLongAgo() {
    TakeRequest request =
        TakeRequest.newBuilder()
            .setQueue("q")
            .setMax(1)
            .setWaitMs(100)
            .setVisibilityTimeoutMs(1_000)
            .build();
    List<ParkedTake> parked = new ArrayList<>();
    rig.run(() -> parked.add(rig.dispatcher.take(request, new RigTaker())));
    rig.tick(2_000);
    RigWorker worker = worker(rig, "w", 1, List.of("q"));
    rig.run(() -> rig.dispatcher.cancel(parked.get(0)));
    put(rig, "q", 1, 1);
    assertThat(worker.ids).hasSize(1);
  }
}
