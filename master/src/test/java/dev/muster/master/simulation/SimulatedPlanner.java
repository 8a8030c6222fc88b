package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.PauseScheduleRequest;
import dev.muster.proto.v1.PutScheduleRequest;
import dev.muster.proto.v1.RunScheduleReply;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TaskOptions;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts schedules, pauses them, lets them go on and run beside their plan. */
final class SimulatedPlanner {
  private static final int SCHEDULES_MAX = 2;

  /** On a wall clock that runs {@link SimulatedMaster#WALL_SPEED} times as fast as time. */
  private static final List<String> CRONS = List.of("* * * * *", "*/2 * * * *", "*/7 * * * *");

  private final World.Program process = new World.Program("planner");
  private final World world;
  private final ScheduleLedger ledger;
  private final Supplier<SimulatedMaster> master;
  private final String queue;
  private final List<Schedule> schedules = new ArrayList<>();

  /** Not known to be durable. */
  private final Set<String> unanswered = new HashSet<>();

  /** To be paused for good, and not known to be. */
  private final Set<String> toPause = new HashSet<>();

  SimulatedPlanner(
      World world, ScheduleLedger ledger, Supplier<SimulatedMaster> master, String queue) {
    this.world = world;
    this.ledger = ledger;
    this.master = master;
    this.queue = queue;
  }

  boolean isIdle() {
    return unanswered.isEmpty() && toPause.isEmpty();
  }

  /** Does something to a schedule. */
  void plan() {
    if (schedules.isEmpty() || (schedules.size() < SCHEDULES_MAX && world.percent(40))) {
      Schedule schedule = schedule("s" + (schedules.size() + 1));
      schedules.add(schedule);
      ledger.asks(schedule);
      unanswered.add(schedule.getName());
      world.tell(() -> "schedule " + schedule.getName() + ": " + schedule.getCron());
      put(schedule);
      return;
    }
    Schedule schedule = schedules.get(world.roll(schedules.size()));
    if (unanswered.contains(schedule.getName())) {
      return;
    }
    switch (world.roll(4)) {
      case 0 -> put(schedule);
      case 1 -> pause(schedule.getName(), true);
      case 2 -> pause(schedule.getName(), false);
      default -> run(schedule);
    }
  }

  private Schedule schedule(String name) {
    return Schedule.newBuilder()
        .setName(name)
        .setCron(CRONS.get(world.roll(CRONS.size())))
        .setQueue(queue)
        .setOptions(TaskOptions.newBuilder().setHandler("keep"))
        .setPayload(ByteString.copyFromUtf8(Ledger.fired(name)))
        .setCatchUp(CatchUp.forNumber(world.roll(3)))
        .build();
  }

  private void put(Schedule schedule) {
    PutScheduleRequest request = PutScheduleRequest.newBuilder().setSchedule(schedule).build();
    SimulatedCall.<ScheduleInfo>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.schedules.putSchedule(request, caller);
          return null;
        },
        new Heard<>() {
          @Override
          public void next(ScheduleInfo info) {
            ledger.acknowledged(info);
            unanswered.remove(schedule.getName());
          }

          @Override
          void ended() {
            if (unanswered.contains(schedule.getName())) {
              world.after(world.between(10, 300), process, () -> put(schedule));
            }
          }
        });
  }

  private void pause(String name, boolean paused) {
    if (paused) {
      ledger.asksPause(name);
    }
    world.tell(() -> "schedule " + name + (paused ? " is paused" : " goes on"));
    PauseScheduleRequest request =
        PauseScheduleRequest.newBuilder().setName(name).setPaused(paused).build();
    SimulatedCall.<ScheduleInfo>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.schedules.pauseSchedule(request, caller);
          return null;
        },
        new Heard<>() {
          @Override
          public void next(ScheduleInfo info) {
            World.check(info.getPaused() == paused, () -> name + ": paused should be " + paused);
            if (paused) {
              toPause.remove(name);
            }
          }

          @Override
          void ended() {
            if (toPause.contains(name)) {
              world.after(100, process, () -> pause(name, true));
            }
          }
        });
  }

  private void run(Schedule schedule) {
    // Of what makes up for all, the runs are counted exactly.
    if (schedule.getCatchUp() == CatchUp.CATCH_UP_ALL) {
      return;
    }
    ledger.asksRun(schedule.getName());
    world.tell(() -> "schedule " + schedule.getName() + " is asked to run");
    RunScheduleRequest request =
        RunScheduleRequest.newBuilder().setName(schedule.getName()).build();
    SimulatedCall.<RunScheduleReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.schedules.runSchedule(request, caller);
          return null;
        },
        new Heard<>() {
          @Override
          public void next(RunScheduleReply reply) {}

          @Override
          void ended() {}
        });
  }

  /** No more tasks by the clock. */
  void stop() {
    for (Schedule schedule : schedules) {
      if (toPause.add(schedule.getName())) {
        stop(schedule.getName());
      }
    }
  }

  private void stop(String name) {
    if (unanswered.contains(name)) {
      world.after(100, process, () -> stop(name));
    } else {
      pause(name, true);
    }
  }

  /** An answer, or none: nothing else may happen. */
  private abstract static class Heard<R> implements SimulatedCall.Answer<R> {
    @Override
    public void end(@Nullable Throwable failure) {
      World.check(
          failure == null || Status.fromThrowable(failure).getCode() == Status.Code.UNAVAILABLE,
          () -> "a request for a schedule is refused: " + failure);
      ended();
    }

    abstract void ended();
  }
}
