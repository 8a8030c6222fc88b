package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.returned;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What of a queue may go, and to whom, one rule at a time. */
final class ReadyTest extends ServedQueue {
  private long open(Map<String, String> labels, int slots) {
    OpenSession.Builder open =
        OpenSession.newBuilder()
            .setKey(ByteString.copyFromUtf8("worker" + labels + slots))
            .putAllLabels(labels)
            .setSlots(slots);
    Command command = Command.newBuilder().setOpenSession(open).build();
    return ((Outcome.Opened) rig.apply(command)).number();
  }

  @Test
  void shouldLeaseNoMoreThanTheQueueMayRun() {
    set(QueueSettings.newBuilder().setConcurrency(2));
    put(options(), 5);
    assertThat(take(10)).containsExactly(1L, 2L);
    assertThat(take(10)).isEmpty();
    complete(1, 3, 5);
    assertThat(take(10)).containsExactly(3L);
  }

  @Test
  void shouldStopNothingWhenALimitFallsBelowWhatRuns() {
    put(options(), 5);
    take(3);
    set(QueueSettings.newBuilder().setConcurrency(1));
    complete(1, 2, 5);
    assertThat(take(10)).isEmpty();
    complete(2, 2, 5);
    complete(3, 2, 5);
    assertThat(take(10)).containsExactly(4L);
  }

  @Test
  void shouldLeaseByTheRateOfTheQueueAndTellWhenMoreIsAllowed() {
    set(QueueSettings.newBuilder().setRate(perSecond(4)));
    put(options(), 5);
    assertThat(take(10)).containsExactly(1L);
    assertThat(supply().leasable()).isZero();
    assertThat(supply().nextAtMs()).isEqualTo(rig.clockMs + 250);
    rig.clockMs += 249;
    assertThat(take(10)).isEmpty();
    rig.clockMs += 1;
    assertThat(take(10)).containsExactly(2L);
  }

  @Test
  void shouldGiveTheTokenBackWhenATaskComesBackUnstarted() {
    set(QueueSettings.newBuilder().setRate(perSecond(1)));
    put(options(), 2);
    take(1);
    rig.apply(settle(returned(1, 3)));
    assertThat(take(10)).containsExactly(1L);
  }

  @Test
  void shouldLeaseNothingWhilePaused() {
    put(options(), 2);
    set(QueueSettings.newBuilder().setPaused(true));
    assertThat(take(10)).isEmpty();
    assertThat(supply())
        .isEqualTo(
            new Supply(Long.MAX_VALUE, Long.MAX_VALUE, false, List.of(), 1_024, Long.MAX_VALUE));
    set(QueueSettings.newBuilder().setPaused(false));
    assertThat(take(10)).hasSize(2);
  }

  @Test
  void shouldGiveATaskOnlyToAWorkerThatHasTheLabels() {
    put(options().putRequires("gpu", "a100"), 1);
    put(options(), 1);
    assertThat(take(open(Map.of("gpu", "t4"), 8), 8)).containsExactly(2L);
    assertThat(take(10)).isEmpty();
    assertThat(take(open(Map.of("gpu", "a100", "zone", "1"), 8), 8)).containsExactly(1L);
  }

  @Test
  void shouldNotLetCheapTasksOvertakeOneThatDoesNotFit() {
    put(options().setCost(3), 1);
    put(options(), 5);
    long worker = open(Map.of(), 4);
    assertThat(take(worker, 2)).isEmpty();
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", worker, 4));
    assertThat(leased.count()).isEqualTo(2);
    assertThat(leased.cost()).isEqualTo(4);
  }

  @Test
  void shouldPassOverATaskThatNoSlotsOfTheWorkerCanHold() {
    put(options().setCost(5), 1);
    put(options(), 2);
    assertThat(take(open(Map.of(), 4), 4)).containsExactly(2L, 3L);
  }

  @Test
  void shouldTellTheLeaderWhatWaitsByItsDemands() {
    put(options(), 2);
    put(options().setCost(3).putRequires("gpu", "a"), 4);
    assertThat(supply().pools())
        .containsExactly(
            new PoolSupply(Map.of(), 1, 2, 2), new PoolSupply(Map.of("gpu", "a"), 3, 4, 4));
  }

  @Test
  void shouldRefuseMoreKindsOfDemandsThanItKeeps() {
    for (int i = 1; i < Ready.POOLS_MAX; i++) {
      put(options().setCost(1 + i), 1);
    }
    Outcome refused = rig.apply(Commands.enqueue("q", options().setCost(9_999).build(), 1));
    assertThat(((Outcome.Refused) refused).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_LIMIT);
    put(options().setCost(2), 1);
  }

  @Test
  void shouldTakeOutWhatIsCancelledWhereverItWaits() {
    rig.apply(Commands.enqueue("q", 6_000));
    rig.apply(
        Command.newBuilder()
            .setCancel(Cancel.newBuilder().addAllIds(List.of(1L, 100L, 5_000L, 5_999L)))
            .build());
    rig.flush();
    List<Long> ids = new ArrayList<>();
    for (List<Long> more = take(1_000); !more.isEmpty(); more = take(1_000)) {
      ids.addAll(more);
    }
    List<Long> gone = List.of(1L, 100L, 5_000L, 5_999L);
    assertThat(ids)
        .isEqualTo(
            LongStream.rangeClosed(1, 6_000).boxed().filter(i -> !gone.contains(i)).toList());
  }

  @Test
  void shouldTellWhenTheTaskThatWaitsLongestWasEnqueued() {
    long startMs = rig.clockMs;
    put(options(), 1);
    assertThat(oldestMs()).isEqualTo(startMs);
    rig.clockMs = startMs + 1;
    put(options().setPriority(9), 1);
    rig.clockMs = startMs + 2;
    putGroup(options().build(), "g", "g");
    rig.clockMs = startMs + 3;
    putTenant("t", 1);
    assertThat(oldestMs()).isEqualTo(startMs);
    // The second of the group waits for the first, and is READY all the same.
    assertThat(take(3)).hasSize(3);
    rig.flush();
    rig.crash();
    rig.clockMs = startMs + 4;
    assertThat(oldestMs()).isEqualTo(startMs + 2);
    assertThat(take(9)).hasSize(1);
    assertThat(oldestMs()).isEqualTo(startMs + 2);
  }

  @Test
  void shouldTellOfTheOldestThatCameBackAndOfNoneWhenNoneWaits() {
    long startMs = rig.clockMs;
    put(options(), 2);
    rig.clockMs++;
    put(options(), 1);
    List<Long> taken = take(3);
    assertThat(oldestMs()).isZero();
    rig.apply(settle(returned(taken.get(2), rig.index())));
    assertThat(oldestMs()).isEqualTo(startMs + 1);
  }

  @Test
  void shouldFindTheOldestInTheStoreWithoutBringingTheRestIntoMemory() {
    put(options(), 100);
    rig.flush();
    rig.crash();
    long startMs = oldestMs();
    rig.clockMs++;
    put(options(), 1);
    rig.apply(
        Command.newBuilder()
            .setCancel(
                Cancel.newBuilder().addAllIds(LongStream.rangeClosed(1, 100).boxed().toList()))
            .build());
    assertThat(oldestMs()).isEqualTo(startMs + 1);
    rig.flush();
    assertThat(oldestMs()).isEqualTo(startMs + 1);
  }

  private long oldestMs() {
    return Objects.requireNonNull(rig.machine.queue("q")).getOldestReadyMs();
  }
}
