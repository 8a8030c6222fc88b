package dev.muster.master.simulation;

import dev.muster.master.schedule.CronTimes;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What was promised of schedules: each of their times is a task, once. */
final class ScheduleLedger {
  private static final class Plan {
    final Schedule schedule;
    final Set<Long> ids = new HashSet<>();

    /** What a client was told of it first; null: nothing yet. */
    @Nullable ScheduleInfo first;

    /** Runs beside the plan that were asked for. */
    int asked;

    boolean paused;

    Plan(Schedule schedule) {
      this.schedule = schedule;
    }
  }

  private final Function<String, ScheduleInfo> infoOf;

  /** Nothing is late, and nothing is asked for twice. */
  private final boolean calm;

  private final Map<String, Plan> plans = new LinkedHashMap<>();

  /**
   * @param infoOf a schedule as a query says, the default instance when it is not there
   */
  ScheduleLedger(Function<String, ScheduleInfo> infoOf, boolean calm) {
    this.infoOf = infoOf;
    this.calm = calm;
  }

  private Plan plan(String name) {
    Plan plan = plans.get(name);
    if (plan == null) {
      throw new AssertionError("a task of schedule " + name + ", which nobody put");
    }
    return plan;
  }

  void asks(Schedule schedule) {
    plans.putIfAbsent(schedule.getName(), new Plan(schedule));
  }

  void asksRun(String name) {
    plan(name).asked++;
  }

  void asksPause(String name) {
    plan(name).paused = true;
  }

  /** A client was told that the schedule is durable. */
  void acknowledged(ScheduleInfo info) {
    Plan plan = plan(info.getSchedule().getName());
    if (plan.first == null) {
      plan.first = info;
    }
  }

  /** A task of a schedule was handed out. */
  void offered(String name, long id) {
    Plan plan = plan(name);
    plan.ids.add(id);
    long runs = infoOf.apply(name).getRuns();
    World.check(
        plan.ids.size() <= runs,
        () -> "schedule " + name + " ran " + runs + " times, but there are tasks " + plan.ids);
  }

  /** All schedules are paused, and all of their tasks have ended. */
  void checkAtRest() {
    plans.forEach((name, plan) -> check(infoOf.apply(name), plan));
  }

  private void check(ScheduleInfo last, Plan plan) {
    String name = plan.schedule.getName();
    ScheduleInfo first = plan.first;
    if (first == null) {
      throw new AssertionError("schedule " + name + " was never made");
    }
    World.check(
        plan.ids.size() == last.getRuns(),
        () -> name + " ran " + last.getRuns() + " times, but its tasks are " + plan.ids);
    long runs = last.getRuns() - first.getRuns();
    long times = times(plan.schedule, first.getNextMs(), last.getNextMs());
    boolean all = plan.schedule.getCatchUp() == CatchUp.CATCH_UP_ALL;
    if (all || (calm && !plan.paused)) {
      World.check(
          plan.asked > 0 || runs == times,
          () -> name + " ran " + runs + " times, but was due " + times + " times");
    }
    boolean one = plan.schedule.getCatchUp() == CatchUp.CATCH_UP_ONE;
    World.check(
        runs >= (one && times > 0 ? 1 : 0), () -> name + " never ran, but was due " + times);
    // A request to run it may have come twice.
    World.check(
        runs <= times + 2L * plan.asked,
        () ->
            (name + " ran " + runs + " times, but was due " + times + " times and was asked to ")
                + (plan.asked + " times"));
  }

  /** How often it is due from one time on, and before another; both ms since the epoch. */
  private static long times(Schedule schedule, long fromMs, long toMs) {
    CronTimes cron = CronTimes.of(schedule.getCron(), schedule.getZone());
    long times = 0;
    for (long atMs = fromMs; atMs < toMs; atMs = cron.after(atMs)) {
      times++;
    }
    return times;
  }
}
