package dev.muster.master.expiry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.Limits;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.PauseSchedule;
import dev.muster.master.log.v1.PutSchedule;
import dev.muster.master.queue.Outcome;
import dev.muster.master.schedule.CronTimes;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScheduleWatchTest {
  private static final long MINUTE = 60_000;

  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void close() {
    rig.close();
  }

  private static Schedule.Builder minutely(CatchUp catchUp) {
    return Schedule.newBuilder()
        .setName("s")
        .setCron("* * * * *")
        .setQueue("q")
        .setCatchUp(catchUp);
  }

  private void put(Schedule.Builder schedule) {
    long nextMs = CronTimes.of(schedule.getCron(), schedule.getZone()).after(rig.nowMs());
    Outcome outcome =
        rig.propose(
            Command.newBuilder()
                .setPutSchedule(PutSchedule.newBuilder().setSchedule(schedule).setNextMs(nextMs))
                .build());
    assertThat(outcome).isInstanceOf(Outcome.Scheduled.class);
  }

  private void pause(boolean paused) {
    rig.propose(
        Command.newBuilder()
            .setPauseSchedule(PauseSchedule.newBuilder().setName("s").setPaused(paused))
            .build());
  }

  private ScheduleInfo info() {
    return rig.applier.read(machine -> machine.schedules().find("s").orElseThrow().info());
  }

  private long runs() {
    return info().getRuns();
  }

  /** Time passes until a schedule is due, but for so many ms. */
  private void waitUntilDueBut(long ms) {
    rig.tick(info().getNextMs() - ms - rig.nowMs());
  }

  /** No master runs for so long; then one leads. */
  private void absent(long ms) {
    rig.run(rig.schedules::restore);
    rig.pass(ms);
    rig.run(rig.schedules::restore);
    rig.run(rig.schedules::tick);
  }

  @Test
  void shouldFireAtTheFirstTickAfterItsTime() {
    // given
    put(minutely(CatchUp.CATCH_UP_ONE));
    long dueMs = info().getNextMs();

    // when
    waitUntilDueBut(1);
    assertThat(runs()).isZero();
    rig.tick(1);

    // then
    assertThat(runs()).isEqualTo(1);
    assertThat(info().getLastMs()).isEqualTo(dueMs);
    assertThat(info().getNextMs()).isEqualTo(dueMs + MINUTE);
    assertThat(rig.queue("q").getReady()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"CATCH_UP_ONE", "CATCH_UP_NONE", "CATCH_UP_ALL"})
  void shouldFireEachTimeWithoutDrift(CatchUp catchUp) {
    // given
    put(minutely(catchUp));
    long firstMs = info().getNextMs();

    // when
    rig.tick(10 * MINUTE);

    // then
    assertThat(runs()).isEqualTo(10);
    assertThat(info().getNextMs()).isEqualTo(firstMs + 10 * MINUTE);
  }

  @Test
  void shouldFireOnceWhenAnotherLeaderTakesOverBetweenProposalAndApply() {
    // given
    put(minutely(CatchUp.CATCH_UP_ALL));
    waitUntilDueBut(0);
    assertThat(runs()).isEqualTo(1);
    waitUntilDueBut(1);
    rig.hold();
    rig.tick(1);

    // when
    rig.run(rig.schedules::restore);
    rig.tick(200);
    rig.release();
    rig.tick(1_000);

    // then
    long proposals =
        rig.entries.stream()
            .flatMap(entry -> entry.getCommandsList().stream())
            .filter(Command::hasFireSchedule)
            .count();
    assertThat(proposals).isEqualTo(3);
    assertThat(runs()).isEqualTo(2);
    assertThat(rig.queue("q").getReady()).isEqualTo(2);
  }

  @Test
  void shouldProposeATimeOnceWhileItIsOnItsWay() {
    // given
    put(minutely(CatchUp.CATCH_UP_ONE));
    waitUntilDueBut(1);
    rig.hold();
    int before = rig.entries.size();

    // when
    rig.tick(10_000);

    // then
    assertThat(rig.entries).hasSize(before + 1);
    rig.release();
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void shouldTryAgainWhenTheProposalIsLost() {
    // given
    put(minutely(CatchUp.CATCH_UP_NONE));
    waitUntilDueBut(1);
    rig.hold();
    rig.tick(1);

    // when
    rig.lose();
    assertThat(runs()).isZero();
    rig.tick(200);

    // then
    assertThat(runs()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"CATCH_UP_ONE,1", "CATCH_UP_NONE,0", "CATCH_UP_ALL,5"})
  void shouldCatchUpByItsPolicyWhenNoMasterRan(CatchUp catchUp, long expected) {
    // given
    put(minutely(catchUp));
    waitUntilDueBut(1);

    // when
    absent(5 * MINUTE);

    // then
    assertThat(runs()).isEqualTo(expected);
    assertThat(info().getNextMs()).isGreaterThan(rig.nowMs()).isLessThan(rig.nowMs() + MINUTE + 1);
    rig.tick(MINUTE);
    assertThat(runs()).isEqualTo(expected + 1);
  }

  @ParameterizedTest
  @CsvSource({"CATCH_UP_ONE,1", "CATCH_UP_NONE,0", "CATCH_UP_ALL,5"})
  void shouldCatchUpByItsPolicyWhenTheMasterWasStopped(CatchUp catchUp, long expected) {
    // given
    put(minutely(catchUp));
    waitUntilDueBut(1);

    // when
    rig.pause(5 * MINUTE);

    // then
    assertThat(runs()).isEqualTo(expected);
  }

  @Test
  void shouldBePunctualEnoughWhenATickIsLate() {
    // given
    put(minutely(CatchUp.CATCH_UP_NONE));
    waitUntilDueBut(1);

    // when
    rig.pause(Limits.SESSION_TIMEOUT_MS);

    // then
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void shouldMakeUpForAThousandTimesAtMost() {
    // given
    put(minutely(CatchUp.CATCH_UP_ALL));

    // when
    absent(3_000 * MINUTE);

    // then
    assertThat(runs()).isEqualTo(1_000);
    assertThat(info().getNextMs()).isGreaterThan(rig.nowMs());
  }

  @ParameterizedTest
  @CsvSource({"CATCH_UP_ONE,1", "CATCH_UP_ALL,5"})
  void shouldCatchUpByItsPolicyWhenItGoesOn(CatchUp catchUp, long expected) {
    // given
    put(minutely(catchUp));
    waitUntilDueBut(1);
    pause(true);
    rig.tick(5 * MINUTE);
    assertThat(runs()).isZero();

    // when
    pause(false);
    rig.run(rig.schedules::tick);

    // then
    assertThat(runs()).isEqualTo(expected);
  }

  @Test
  void shouldNotFireWhatWasDeleted() {
    // given
    put(minutely(CatchUp.CATCH_UP_ONE));
    waitUntilDueBut(1);
    rig.hold();
    rig.run(
        () ->
            rig.proposer.propose(
                Command.newBuilder()
                    .setDeleteSchedule(DeleteScheduleRequest.newBuilder().setName("s"))
                    .build(),
                new LeaderRig.Replies()));

    // when
    rig.tick(1);
    rig.release();
    rig.tick(2 * MINUTE);

    // then
    assertThat(rig.applier.<Boolean>read(machine -> machine.queue("q") == null)).isTrue();
  }

  @Test
  void shouldGoOnWhenTheQueueIsFull() {
    // given
    rig.propose(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder()
                    .setQueue("q")
                    .setSettings(QueueSettings.newBuilder().setMaxLength(1)))
            .build());
    put(minutely(CatchUp.CATCH_UP_ONE));

    // when
    rig.tick(3 * MINUTE);

    // then
    assertThat(runs()).isEqualTo(1);
    assertThat(info().getNextMs()).isGreaterThan(rig.nowMs());
  }

  @Test
  void shouldFireAllThatAreDueInRoundsWithoutWaitingForATick() {
    // given
    for (int i = 0; i < 2_500; i++) {
      put(minutely(CatchUp.CATCH_UP_ONE).setName("s" + i));
    }
    put(minutely(CatchUp.CATCH_UP_ONE));
    waitUntilDueBut(1);

    // when
    rig.tick(1);

    // then
    assertThat(rig.queue("q").getReady()).isEqualTo(2_501);
  }

  @Test
  void shouldNotFireAgainWhenTheClockIsPutBack() {
    // given
    put(minutely(CatchUp.CATCH_UP_NONE));
    waitUntilDueBut(0);
    assertThat(runs()).isEqualTo(1);

    // when
    rig.pass(-30_000);
    rig.tick(30_000);

    // then
    assertThat(runs()).isEqualTo(1);
    rig.tick(MINUTE);
    assertThat(runs()).isEqualTo(2);
  }

  @Test
  void shouldFireNothingWhileNewTasksAreNotWelcome() {
    // given
    ScheduleWatch watch = new ScheduleWatch(rig.proposer, rig.applier, rig::nowMs, () -> false);
    put(minutely(CatchUp.CATCH_UP_ONE));
    rig.pass(2 * MINUTE);

    // when
    rig.run(watch::tick);

    // then
    assertThat(runs()).isZero();
    rig.tick(1);
    assertThat(runs()).isEqualTo(1);
  }
}
