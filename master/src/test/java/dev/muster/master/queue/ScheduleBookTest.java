package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.FireSchedule;
import dev.muster.master.log.v1.PauseSchedule;
import dev.muster.master.log.v1.PutSchedule;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TaskInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ScheduleBookTest {
  private static final long DUE = 2_000_000;
  private static final long LATER = 2_060_000;

  private final MachineRig rig = new MachineRig();

  private static Schedule.Builder schedule(String name) {
    return Schedule.newBuilder()
        .setName(name)
        .setCron("* * * * *")
        .setQueue("q")
        .setOptions(Commands.KEEP)
        .setPayload(ByteString.copyFromUtf8("report"));
  }

  private static Command put(Schedule.Builder schedule, long nextMs) {
    return Command.newBuilder()
        .setPutSchedule(PutSchedule.newBuilder().setSchedule(schedule).setNextMs(nextMs))
        .build();
  }

  private Command fire(String name, long dueMs, long nextMs, int runs) {
    return fire(name, dueMs, nextMs, runs, revision(name));
  }

  private static Command fire(String name, long dueMs, long nextMs, int runs, long revision) {
    return Command.newBuilder()
        .setFireSchedule(
            FireSchedule.newBuilder()
                .setName(name)
                .setDueMs(dueMs)
                .setNextMs(nextMs)
                .setRuns(runs)
                .setRevision(revision))
        .build();
  }

  private static Command pause(String name, boolean paused, long nextMs, long revision) {
    return Command.newBuilder()
        .setPauseSchedule(
            PauseSchedule.newBuilder()
                .setName(name)
                .setPaused(paused)
                .setNextMs(nextMs)
                .setRevision(revision))
        .build();
  }

  private static Command delete(String name) {
    return Command.newBuilder()
        .setDeleteSchedule(DeleteScheduleRequest.newBuilder().setName(name))
        .build();
  }

  private static Command run(String name) {
    return Command.newBuilder()
        .setRunSchedule(RunScheduleRequest.newBuilder().setName(name))
        .build();
  }

  private ScheduleInfo info(String name) {
    return rig.machine.schedules().find(name).orElseThrow().info();
  }

  private long revision(String name) {
    return rig.machine.schedules().find(name).orElseThrow().revision();
  }

  private List<String> due(long nowMs) {
    return rig.machine.schedules().due(nowMs, 100).stream().map(PlannedSchedule::name).toList();
  }

  private long waiting() {
    QueueInfo queue = rig.machine.queue("q");
    return queue == null ? 0 : queue.getReady();
  }

  @Test
  void shouldEnqueueItsTaskWhenItFires() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.clockMs = DUE + 7;

    // when
    rig.apply(fire("nightly", DUE, LATER, 1));

    // then
    ScheduleInfo info = info("nightly");
    TaskInfo task = rig.machine.task(info.getLastTask(), true);
    assertThat(task.getQueue()).isEqualTo("q");
    assertThat(task.getPayload().toStringUtf8()).isEqualTo("report");
    assertThat(task.getOptions()).isEqualTo(Commands.KEEP);
    assertThat(info.getNextMs()).isEqualTo(LATER);
    assertThat(info.getLastMs()).isEqualTo(DUE + 7);
    assertThat(info.getRuns()).isEqualTo(1);
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void shouldFireATimeOnceHoweverOftenItIsProposed() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    Command fire = fire("nightly", DUE, LATER, 1);

    // when
    rig.apply(List.of(fire, fire));
    rig.crash();
    rig.apply(fire);

    // then
    assertThat(info("nightly").getRuns()).isEqualTo(1);
    assertThat(rig.machine.queue("q")).isNotNull();
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void shouldMakeUpForSeveralTimesAtOnce() {
    // given
    rig.apply(put(schedule("nightly"), DUE));

    // when
    rig.apply(fire("nightly", DUE, LATER, 5));

    // then
    assertThat(info("nightly").getRuns()).isEqualTo(5);
    assertThat(waiting()).isEqualTo(5);
  }

  @Test
  void shouldBoundWhatOneCommandEnqueues() {
    // given
    rig.apply(put(schedule("nightly"), DUE));

    // when
    rig.apply(fire("nightly", DUE, LATER, 1_000_000));

    // then
    assertThat(waiting()).isEqualTo(ScheduleBook.RUNS_MAX);
  }

  @Test
  void shouldSkipTimesWithoutARun() {
    // given
    rig.apply(put(schedule("nightly"), DUE));

    // when
    rig.apply(fire("nightly", DUE, LATER, 0));

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(LATER);
    assertThat(info("nightly").getRuns()).isZero();
    assertThat(info("nightly").getLastMs()).isZero();
    assertThat(waiting()).isZero();
  }

  @Test
  void shouldNotFireByThePlanOfAScheduleThatWasReplaced() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    Command late = fire("nightly", DUE, LATER, 1);
    rig.apply(put(schedule("nightly").setCron("0 * * * *"), DUE));

    // when
    rig.apply(late);

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(DUE);
    assertThat(waiting()).isZero();
  }

  @Test
  void shouldKeepTheLastRunWhenItIsReplaced() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(fire("nightly", DUE, LATER, 1));
    ScheduleInfo before = info("nightly");

    // when
    rig.apply(put(schedule("nightly").setCron("0 * * * *").setQueue("r"), DUE + 5));

    // then
    ScheduleInfo after = info("nightly");
    assertThat(after.getSchedule().getQueue()).isEqualTo("r");
    assertThat(after.getNextMs()).isEqualTo(DUE + 5);
    assertThat(after.getLastMs()).isEqualTo(before.getLastMs());
    assertThat(after.getLastTask()).isEqualTo(before.getLastTask());
    assertThat(after.getRuns()).isEqualTo(1);
  }

  @Test
  void shouldStayDueAndPausedWhenItIsPutAgain() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(pause("nightly", true, 0, 0));

    // when
    rig.apply(put(schedule("nightly").setPayload(ByteString.EMPTY), LATER));

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(DUE);
    assertThat(info("nightly").getPaused()).isTrue();
    assertThat(info("nightly").getSchedule().getPayload()).isEqualTo(ByteString.EMPTY);
  }

  @Test
  void shouldNotFireWhilePaused() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    Command late = fire("nightly", DUE, LATER, 1);
    rig.apply(pause("nightly", true, 0, 0));

    // when
    rig.apply(late);

    // then
    assertThat(due(LATER)).isEmpty();
    assertThat(waiting()).isZero();
    assertThat(info("nightly").getNextMs()).isEqualTo(DUE);
  }

  @Test
  void shouldBeDueAsItWasWhenItGoesOn() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(pause("nightly", true, 0, 0));

    // when
    rig.apply(pause("nightly", false, 0, 0));

    // then
    assertThat(due(DUE)).containsExactly("nightly");
  }

  @Test
  void shouldTakeTheNextTimeThatTheLeaderGivesWhenItGoesOn() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(pause("nightly", true, 0, 0));

    // when
    rig.apply(pause("nightly", false, LATER, revision("nightly")));

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(LATER);
    assertThat(due(DUE)).isEmpty();
    assertThat(due(LATER)).containsExactly("nightly");
  }

  @Test
  void shouldNotFireATimeAgainWhenItGoesOnAndTheClockWasPutBack() {
    // given
    rig.apply(put(schedule("nightly"), LATER));
    rig.apply(pause("nightly", true, 0, 0));

    // when
    rig.apply(pause("nightly", false, DUE, revision("nightly")));

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(LATER);
  }

  @Test
  void shouldNotGoOnByThePlanOfAScheduleThatWasReplaced() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(pause("nightly", true, 0, 0));
    long before = revision("nightly");
    rig.apply(put(schedule("nightly").setCron("0 * * * *"), DUE + 1));

    // when
    rig.apply(pause("nightly", false, LATER, before));

    // then
    assertThat(info("nightly").getNextMs()).isEqualTo(DUE + 1);
  }

  @Test
  void shouldRunNowBesideThePlan() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(pause("nightly", true, 0, 0));

    // when
    Outcome outcome = rig.apply(run("nightly"));

    // then
    long task = ((Outcome.Enqueued) outcome).firstId();
    ScheduleInfo info = info("nightly");
    assertThat(info.getLastTask()).isEqualTo(task);
    assertThat(info.getLastMs()).isEqualTo(rig.clockMs);
    assertThat(info.getRuns()).isEqualTo(1);
    assertThat(info.getNextMs()).isEqualTo(DUE);
    assertThat(info.getPaused()).isTrue();
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void shouldGoOnWhenTheQueueRefusesTheTask() {
    // given
    rig.apply(Commands.configure("q", 2, 0));
    rig.apply(put(schedule("nightly"), DUE));

    // when
    Outcome fired = rig.apply(fire("nightly", DUE, LATER, 5));
    Outcome ran = rig.apply(run("nightly"));

    // then
    assertThat(((Outcome.Refused) fired).reason())
        .isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(((Outcome.Refused) ran).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    assertThat(info("nightly").getNextMs()).isEqualTo(LATER);
    assertThat(info("nightly").getRuns()).isEqualTo(2);
    assertThat(waiting()).isEqualTo(2);
  }

  @Test
  void shouldRefuseWhatDoesNotExist() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(delete("nightly"));

    // when
    List<Outcome> outcomes =
        rig.apply(
            List.of(
                delete("nightly"),
                run("nightly"),
                pause("nightly", true, 0, 0),
                fire("nightly", DUE, LATER, 1, 1)));

    // then
    assertThat(outcomes)
        .hasSize(4)
        .containsOnly(
            new Outcome.Refused(
                RefusalReason.REFUSAL_REASON_UNKNOWN_SCHEDULE, "there is no schedule nightly"));
    assertThat(due(LATER)).isEmpty();
    assertThat(waiting()).isZero();
  }

  @Test
  void shouldForgetTheLastRunOfADeletedSchedule() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    rig.apply(fire("nightly", DUE, LATER, 1));

    // when
    rig.apply(delete("nightly"));
    rig.apply(put(schedule("nightly"), DUE));

    // then
    assertThat(info("nightly").getRuns()).isZero();
  }

  @Test
  void shouldGiveWhatIsDueTheEarliestFirst() {
    // given
    rig.apply(put(schedule("a"), 30));
    rig.apply(put(schedule("b"), 20));
    rig.apply(put(schedule("c"), 10));
    rig.apply(put(schedule("d"), 40));
    rig.apply(put(schedule("never"), 0));

    // then
    assertThat(due(30)).containsExactly("c", "b", "a");
    assertThat(rig.machine.schedules().due(30, 2))
        .extracting(PlannedSchedule::name)
        .containsExactly("c", "b");
  }

  @Test
  void shouldListPagesByPrefix() {
    // given
    for (String name : List.of("b/2", "a", "b/1", "b/3", "c")) {
      rig.apply(put(schedule(name), DUE));
    }

    // when
    List<ScheduleInfo> first = rig.machine.schedules().page("b/", "", 2);
    List<ScheduleInfo> second = rig.machine.schedules().page("b/", "b/2", 2);

    // then
    assertThat(first).extracting(s -> s.getSchedule().getName()).containsExactly("b/1", "b/2");
    assertThat(second).extracting(s -> s.getSchedule().getName()).containsExactly("b/3");
  }

  @Test
  void shouldRefuseMoreSchedulesThanItHolds() {
    // given
    List<Command> puts = new ArrayList<>();
    IntStream.range(0, ScheduleBook.SCHEDULES_MAX)
        .forEach(i -> puts.add(put(schedule("s" + i), DUE)));
    rig.apply(puts);

    // when
    Outcome another = rig.apply(put(schedule("another"), DUE));
    Outcome again = rig.apply(put(schedule("s7"), DUE));

    // then
    assertThat(((Outcome.Refused) another).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_LIMIT);
    assertThat(again).isInstanceOf(Outcome.Scheduled.class);
  }

  @Test
  void shouldRefuseMoreBytesThanItHolds() {
    // given
    ByteString half = ByteString.copyFrom(new byte[(int) (ScheduleBook.BYTES_MAX / 2)]);
    rig.apply(put(schedule("a").setPayload(half), DUE));

    // when
    Outcome second = rig.apply(put(schedule("b").setPayload(half), DUE));
    Outcome again = rig.apply(put(schedule("a").setPayload(half), DUE));
    rig.apply(delete("a"));
    Outcome afterwards = rig.apply(put(schedule("b").setPayload(half), DUE));

    // then
    assertThat(((Outcome.Refused) second).reason()).isEqualTo(RefusalReason.REFUSAL_REASON_LIMIT);
    assertThat(again).isInstanceOf(Outcome.Scheduled.class);
    assertThat(afterwards).isInstanceOf(Outcome.Scheduled.class);
  }

  @Test
  void shouldComeBackAsItWasAfterACrashAtAnyStepOfAFlush() {
    // given
    rig.apply(put(schedule("gone"), DUE));
    rig.apply(put(schedule("flushed"), DUE));
    rig.apply(put(schedule("paused"), DUE));
    rig.apply(pause("paused", true, 0, 0));
    rig.flush();
    rig.apply(delete("gone"));
    rig.apply(fire("flushed", DUE, LATER, 1));
    rig.roll();
    rig.apply(put(schedule("new"), DUE + 1));
    List<ScheduleInfo> expected = rig.machine.schedules().page("", "", 10);
    List<String> expectedDue = due(LATER);

    // when, then: the frozen generation is not written; written; and the machine has been told
    rig.crash();
    assertSame(expected, expectedDue);
    rig.roll();
    rig.commit();
    rig.crash();
    assertSame(expected, expectedDue);
    rig.flush();
    rig.crash();
    assertSame(expected, expectedDue);
    assertThat(expectedDue).containsExactly("new", "flushed");
  }

  private void assertSame(List<ScheduleInfo> expected, List<String> expectedDue) {
    assertThat(rig.machine.schedules().page("", "", 10)).isEqualTo(expected);
    assertThat(due(LATER)).isEqualTo(expectedDue);
  }

  @Test
  void shouldKeepTheRevisionOverARestart() {
    // given
    rig.apply(put(schedule("nightly"), DUE));
    Command fire = fire("nightly", DUE, LATER, 1);
    rig.flush();

    // when
    rig.crash();
    rig.apply(fire);

    // then
    assertThat(info("nightly").getRuns()).isEqualTo(1);
  }
}
