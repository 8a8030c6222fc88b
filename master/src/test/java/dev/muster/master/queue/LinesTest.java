package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.returned;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.Family;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TenantInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Who goes next by priority and age, group and tenant, one rule at a time. */
final class LinesTest extends ServedQueue {
  private TenantInfo configure(ConfigureTenantRequest.Builder tenant) {
    Command command = Command.newBuilder().setConfigureTenant(tenant.setQueue("q")).build();
    return ((Outcome.TenantConfigured) rig.apply(command)).tenant();
  }

  @Test
  void shouldServeTheHighestPriorityFirstAndInOrderWithinIt() {
    put(options(), 2);
    put(options().setPriority(9), 2);
    put(options().setPriority(4), 1);
    assertThat(take(10)).containsExactly(3L, 4L, 5L, 1L, 2L);
  }

  @Test
  void shouldRaiseWhatWaitsForLongWhenTheQueueAges() {
    set(QueueSettings.newBuilder().setAgeingMs(100));
    put(options(), 1);
    rig.clockMs += 450;
    put(options().setPriority(5), 1);
    put(options().setPriority(4), 1);
    // 4 by age, as old as can be among those of 4; the one of 5 is still ahead.
    assertThat(take(3)).containsExactly(2L, 1L, 3L);
  }

  @Test
  void shouldLetTheOldestGoFirstWhenAgeHasMadeAllEqual() {
    set(QueueSettings.newBuilder().setAgeingMs(10));
    put(options(), 1);
    rig.clockMs += 5;
    put(options().setPriority(9), 1);
    rig.clockMs += 1_000;
    assertThat(take(2)).containsExactly(1L, 2L);
  }

  @Test
  void shouldRunOneTaskOfAGroupAtATimeAndInOrder() {
    putGroup(KEEP, "g", "g", "h", "g");
    assertThat(take(10)).containsExactly(1L, 3L);
    assertThat(take(10)).isEmpty();
    complete(1, 2, 5);
    assertThat(take(10)).containsExactly(2L);
  }

  @Test
  void shouldRunATaskOfAGroupAgainBeforeTheNextWhenItIsGivenBack() {
    putGroup(KEEP, "g", "g");
    take(1);
    rig.apply(settle(returned(1, 2)));
    assertThat(take(10)).containsExactly(1L);
  }

  @Test
  void shouldExcludeTasksOfAGroupWhateverTheirPriority() {
    putGroup(KEEP, "g");
    putGroup(options().setPriority(7).build(), "g");
    assertThat(take(10)).containsExactly(2L);
    complete(2, 3, 5);
    assertThat(take(10)).containsExactly(1L);
  }

  @Test
  void shouldKeepAGroupBlockedWhileItsTaskWaitsForItsNextAttempt() {
    RetryPolicy twice =
        RetryPolicy.newBuilder()
            .setMaxAttempts(2)
            .setBackoffMinMs(100)
            .setBackoffMaxMs(100)
            .build();
    putGroup(options().setRetry(twice).build(), "g", "g");
    take(1);
    fail(1, true);
    rig.flush();
    rig.crash();
    assertThat(take(10)).isEmpty();
    rig.clockMs += 1_000;
    rig.apply(Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build());
    assertThat(take(10)).containsExactly(1L);
  }

  @Test
  void shouldFreeAGroupWhenTheTaskThatWaitsForItsNextAttemptIsCancelled() {
    RetryPolicy twice = RetryPolicy.newBuilder().setMaxAttempts(2).build();
    putGroup(options().setRetry(twice).build(), "g", "g");
    take(1);
    fail(1, true);
    rig.apply(Command.newBuilder().setCancel(Cancel.newBuilder().addIds(1)).build());
    assertThat(take(10)).containsExactly(2L);
  }

  @Test
  void shouldShareByWeightWhenTenantsWait() {
    configure(ConfigureTenantRequest.newBuilder().setTenant("heavy").setWeight(300));
    putTenant("heavy", 100);
    putTenant("light", 100);
    Map<String, Integer> served = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      long id = take(1).get(0);
      complete(id, rig.index(), 1_000);
      served.merge(id <= 100 ? "heavy" : "light", 1, Integer::sum);
    }
    assertThat(served).containsEntry("heavy", 30).containsEntry("light", 10);
  }

  @Test
  void shouldChargeByMeasuredRunTime() {
    putTenant("slow", 100);
    putTenant("quick", 100);
    int slow = 0;
    for (int i = 0; i < 110; i++) {
      long id = take(1).get(0);
      complete(id, rig.index(), id <= 100 ? 10_000 : 1_000);
      slow += id <= 100 ? 1 : 0;
    }
    assertThat(slow).isBetween(9, 12);
  }

  @Test
  void shouldKeepATenantsPlaceWhileItsTasksTakeMicroseconds() {
    putTenant("a", 300);
    putTenant("b", 300);
    for (int i = 0; i < 100; i++) { // Until what an attempt takes is known.
      complete(take(1).get(0), rig.index(), 1);
    }
    List<Boolean> ofA = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      long id = take(1).get(0);
      complete(id, rig.index(), 1);
      ofA.add(id <= 300);
    }
    long changes = IntStream.range(1, 400).filter(i -> !ofA.get(i).equals(ofA.get(i - 1))).count();
    assertThat(changes).isBetween(5L, 8L); // Every 64 µs of use.
    assertThat(ofA.stream().filter(is -> is).count()).isBetween(136L, 264L);
  }

  @Test
  void shouldLearnWhatShortAttemptsTake() {
    putTenant("t", 100);
    for (int i = 0; i < 80; i++) {
      complete(take(1).get(0), rig.index(), 1);
    }
    long before = rig.machine.tenants("q", "", 1).get(0).getVirtualTimeUs();
    take(1);
    long after = rig.machine.tenants("q", "", 1).get(0).getVirtualTimeUs();
    assertThat(after - before).isEqualTo(1);
  }

  @Test
  void shouldEarnNothingByIdlingWhenATenantComesLate() {
    putTenant("early", 100);
    for (int i = 0; i < 50; i++) {
      complete(take(1).get(0), rig.index(), 1_000);
    }
    putTenant("late", 100);
    List<Long> next = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      long id = take(1).get(0);
      complete(id, rig.index(), 1_000);
      next.add(id);
    }
    assertThat(next.stream().filter(id -> id > 100).count()).isBetween(4L, 6L);
  }

  @Test
  void shouldForgetATenantWhenNothingOfItIsLeft() {
    putTenant("t", 1);
    assertThat(rig.machine.tenants("q", "", 10))
        .extracting(TenantInfo::getWaiting)
        .containsExactly(1L);
    complete(take(1).get(0), rig.index(), 1_000);
    assertThat(rig.machine.tenants("q", "", 10)).isEmpty();
  }

  /** So many tenants have had a task each, which ran, while one of another runs on. */
  private void serve(int tenants) {
    for (int i = 0; i < tenants; i++) {
      putTenant("t%04d".formatted(i), 1);
    }
    putTenant("works", 2);
    List<Long> taken = take(tenants + 2);
    long token = rig.index();
    taken.forEach(
        id -> {
          if (id <= tenants + 1) { // The last one runs for longest: all others have caught up.
            complete(id, token, id == tenants + 1 ? 1_000_000 : 1_000);
          }
        });
    assertThat(rig.machine.tenants("q", "", 1_000)).hasSize(1);
  }

  @Test
  void shouldKeepSomeTenantsThatNobodyNeedsWhileTheQueueWorks() {
    serve(Tenants.KEPT_MAX + 100);
    rig.flush();
    assertThat(records(Family.LINES)).isEqualTo(Tenants.KEPT_MAX + 1);
    rig.crash();
    putTenant("works", 1);
    rig.flush();
    assertThat(records(Family.LINES)).isEqualTo(Tenants.KEPT_MAX + 1);
  }

  @Test
  void shouldKeepNoTenantThatNobodyNeedsWhenOnlyPlainTasksWait() {
    serve(Tenants.KEPT_MAX + 100);
    rig.crash();
    rig.apply(
        Command.newBuilder().setCancel(Cancel.newBuilder().addIds(Tenants.KEPT_MAX + 102)).build());
    put(options(), 1);
    rig.flush();
    assertThat(records(Family.LINES)).isZero();
  }

  @Test
  void shouldKeepNoTenantOfAQueueAtRestWhenTheMachineKnowsMany() {
    for (int round = 0; round * Tenants.KEPT_MAX <= Tenants.KEPT_AT_REST_MAX; round++) {
      String queue = "rests" + round;
      for (int i = 0; i < Tenants.KEPT_MAX; i++) {
        rig.apply(Commands.enqueue(request(queue, KEEP, ByteString.EMPTY).addTenants("t" + i)));
      }
      Outcome.Leased leased = (Outcome.Leased) rig.apply(lease(queue, 0, Tenants.KEPT_MAX));
      long token = rig.index();
      leased.offers().get(0).getIdsList().forEach(id -> complete(id, token, 1_000));
      rig.flush();
      int kept = Math.min(round + 1, Tenants.KEPT_AT_REST_MAX / Tenants.KEPT_MAX);
      assertThat(records(Family.LINES)).isEqualTo(kept * Tenants.KEPT_MAX);
    }
  }

  @Test
  void shouldServeWhoHasWaitedLongestWhenTurnsAreEqual() {
    for (String tenant : List.of("d", "b", "c", "a", "b", "d")) {
      putTenant(tenant, 1);
    }
    // What runs counts with 1 ms at first: after one task each, the second round.
    assertThat(take(6)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
  }

  @Test
  void shouldForgetTheLinesOfATenantThatHasNothingAnyMore() {
    putTenant("t", 1, 1);
    putTenant("t", 2, 1);
    EnqueueRequest.Builder grouped = request("q", options().build(), payloads(1));
    rig.apply(Commands.enqueue(grouped.addGroups("g").addTenants("t")));
    List<Long> taken = take(3);
    long token = rig.index();
    FailedAttempt.Builder failed =
        FailedAttempt.newBuilder()
            .setId(3)
            .setToken(token)
            .setFailure(Failure.newBuilder().setKind("k").setRetryable(true));
    set(
        QueueSettings.newBuilder()
            .setRetry(RetryPolicy.newBuilder().setMaxAttempts(2).setBackoffMinMs(1_000)));
    rig.apply(settle(Settlement.newBuilder().addFailed(failed)));
    complete(1, token, 1_000);
    complete(2, token, 1_000);
    rig.flush();
    // The group waits for its next attempt, and with it the tenant.
    assertThat(records(Family.LINES)).isPositive();
    rig.crash();
    assertThat(taken).hasSize(3);
    assertThat(rig.machine.tenants("q", "", 10)).hasSize(1);
    rig.apply(Command.newBuilder().setCancel(Cancel.newBuilder().addIds(3)).build());
    put(options(), 1);
    rig.flush();
    assertThat(records(Family.LINES)).isZero();
    assertThat(rig.machine.tenants("q", "", 10)).isEmpty();
  }

  @Test
  void shouldHonourATenantsOwnLimitsBeforeTheQueuesDefault() {
    set(QueueSettings.newBuilder().setTenantConcurrency(1));
    configure(ConfigureTenantRequest.newBuilder().setTenant("b").setConcurrency(2));
    putTenant("a", 5);
    putTenant("b", 5);
    put(options(), 2);
    assertThat(take(20)).containsExactlyInAnyOrder(1L, 6L, 7L, 11L, 12L);
    assertThat(supply().leasable()).isZero();
  }

  @Test
  void shouldSayWhenATenantsRateAllowsMore() {
    set(QueueSettings.newBuilder().setTenantRate(perSecond(2)));
    putTenant("a", 5);
    assertThat(take(10)).hasSize(1);
    assertThat(supply().leasable()).isZero();
    assertThat(supply().nextAtMs()).isEqualTo(rig.clockMs + 500);
    rig.clockMs += 500;
    assertThat(take(10)).hasSize(1);
  }

  @Test
  void shouldCountOutWhatIsCancelledBeforeItsLineIsReadAfterARestart() {
    putGroup(KEEP, "g", "g", "g");
    rig.flush();
    rig.crash();
    cancel(false, 2L);
    assertThat(take(10)).containsExactly(1L);
    complete(1, rig.index(), 5);
    assertThat(take(10)).containsExactly(3L);
    complete(3, rig.index(), 5);
    assertThat(take(10)).isEmpty();
    assertThat(supply().leasable()).isZero();
  }

  @Test
  void shouldDropTheOldestOfTheLowestPriorityFirstWhoseverItIs() {
    set(QueueSettings.newBuilder().setMaxLength(6).setOverflow(Overflow.OVERFLOW_DROP_OLDEST));
    putTenant("a", 5, 1);
    putTenant("b", 2, 1);
    putTenant("a", 2, 1);
    putTenant("", 2, 1);
    putTenant("a", 2, 1);
    putTenant("c", 9, 1);
    putTenant("", 9, 3);
    assertThat(cancelled(9)).containsExactly(2L, 3L, 4L);
    rig.flush();
    rig.crash();
    putTenant("b", 9, 2);
    List<Long> before = cancelled(20);
    assertThat(before).hasSize(5).contains(1L, 5L);
    putTenant("d", 0, 1);
    assertThat(cancelled(30)).hasSize(6).containsAll(before).contains(6L);
    putTenant("d", 9, 1);
    assertThat(take(10)).hasSize(6);
    assertThat(rig.machine.queues("q", "", 1).get(0).getCancelled()).isEqualTo(7);
  }

  @Test
  void shouldServeTenThousandGroupsInTurnWhenHundredsOfThousandsWait() {
    int groups = 10_000;
    for (int round = 0; round < 20; round++) {
      EnqueueRequest.Builder request = request("q", Commands.DROP, payloads(groups));
      for (int i = 0; i < groups; i++) {
        request.addGroups("g" + i);
      }
      rig.apply(Commands.enqueue(request));
      if (round % 7 == 3) {
        rig.flush();
      }
    }
    for (int round = 0; round < 20; round++) {
      List<Long> ids = take(groups + 1);
      long first = round * (long) groups + 1;
      assertThat(ids).isEqualTo(LongStream.range(first, first + groups).boxed().toList());
      Settlement.Builder settlement = Settlement.newBuilder();
      ids.forEach(id -> settlement.addCompletedIds(id).addCompletedTokens(rig.index()));
      rig.apply(settle(settlement));
    }
    rig.log.clear(); // Replaying it once is enough.
    rig.flush();
  }

  private int records(Family family) {
    AtomicInteger count = new AtomicInteger();
    rig.store.scan(
        family,
        ByteString.EMPTY,
        (key, value) -> {
          count.incrementAndGet();
          return true;
        });
    return count.get();
  }

  /** Those up to an id that were dropped. */
  private List<Long> cancelled(long upto) {
    return LongStream.rangeClosed(1, upto)
        .boxed()
        .filter(id -> rig.machine.task(id, false).getState() == TaskState.TASK_STATE_CANCELLED)
        .toList();
  }
}
