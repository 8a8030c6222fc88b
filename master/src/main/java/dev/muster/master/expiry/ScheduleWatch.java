package dev.muster.master.expiry;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.FireSchedule;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.PlannedSchedule;
import dev.muster.master.queue.ScheduleBook;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.master.schedule.CronTimes;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.Schedule;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fires the schedules that are due. On the loop.
 *
 * <p>The replicated state knows what is due when, so nothing here needs to be told of a change, and
 * a new leader goes on where the last one stopped. What is proposed twice, or lost and proposed
 * again, fires once: see {@link ScheduleBook}.
 */
public final class ScheduleWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduleWatch.class);

  /** In one round; the next follows as soon as these have fired. */
  private static final int FIRED_AT_ONCE_MAX = 1_000;

  /** Tasks in one round, about: catching up must not keep other commands waiting for long. */
  private static final int TASKS_AT_ONCE = 10_000;

  /** So long without a look at the clock, and no master was running. */
  private static final long ABSENT_AFTER_MS = Limits.SESSION_TIMEOUT_MS;

  /** Reading an expression takes long, as a leader counts: those in use are kept. */
  private static final int TIMES_KEPT = 10_000;

  private record Expression(String cron, String zone) {}

  private final Map<Expression, CronTimes> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Expression, CronTimes> eldest) {
          return size() > TIMES_KEPT;
        }
      };
  private final Set<String> underWay = new HashSet<>();
  private final Proposer proposer;
  private final Applier applier;
  private final LongSupplier clockMs;
  private final BooleanSupplier welcome;
  private long presentSinceMs;
  private long lookedMs;

  /**
   * @param clockMs ms since the epoch
   * @param welcome whether new tasks are; while not, no time counts as seen
   */
  public ScheduleWatch(
      Proposer proposer, Applier applier, LongSupplier clockMs, BooleanSupplier welcome) {
    this.proposer = proposer;
    this.applier = applier;
    this.clockMs = clockMs;
    this.welcome = welcome;
  }

  /** This master leads now: what was due before passed while no master ran. */
  public void restore() {
    presentSinceMs = clockMs.getAsLong();
    lookedMs = presentSinceMs;
    underWay.clear();
  }

  /** Proposes to fire what is due. On the loop, now and then: the oftener, the more punctual. */
  public void tick() {
    if (!welcome.getAsBoolean()) {
      return;
    }
    long nowMs = clockMs.getAsLong();
    // A clock that was put back has not seen what comes again.
    presentSinceMs = nowMs - lookedMs > ABSENT_AFTER_MS ? nowMs : Math.min(presentSinceMs, nowMs);
    lookedMs = nowMs;
    int limit = underWay.size() + FIRED_AT_ONCE_MAX;
    List<PlannedSchedule> due = applier.read(machine -> machine.schedules().due(nowMs, limit));
    int tasks = 0;
    for (PlannedSchedule schedule : due) {
      if (tasks >= TASKS_AT_ONCE) {
        break;
      }
      if (underWay.add(schedule.name())) {
        FireSchedule fire = fire(schedule, nowMs);
        tasks += fire.getRuns();
        proposer.propose(
            Command.newBuilder().setFireSchedule(fire).build(), new Fired(schedule.name()));
      }
    }
  }

  private FireSchedule fire(PlannedSchedule schedule, long nowMs) {
    long dueMs = schedule.info().getNextMs();
    FireSchedule.Builder fire =
        FireSchedule.newBuilder()
            .setName(schedule.name())
            .setRevision(schedule.revision())
            .setDueMs(dueMs);
    CronTimes times = times(schedule.info().getSchedule());
    if (times == null) {
      return fire.setRuns(1).build();
    }
    int runs =
        switch (schedule.info().getSchedule().getCatchUp()) {
          case CATCH_UP_NONE -> Math.min(1, count(times, dueMs, presentSinceMs, nowMs));
          case CATCH_UP_ALL -> count(times, dueMs, dueMs, nowMs);
          case CATCH_UP_ONE, UNRECOGNIZED -> 1;
        };
    return fire.setRuns(runs).setNextMs(times.after(nowMs)).build();
  }

  /** Times from one that is due on, that are not before `fromMs` and not to come. */
  private static int count(CronTimes times, long dueMs, long fromMs, long nowMs) {
    long atMs = dueMs >= fromMs ? dueMs : times.after(fromMs - 1);
    int count = 0;
    while (atMs <= nowMs && count < ScheduleBook.RUNS_MAX) {
      count++;
      atMs = times.after(atMs);
    }
    return count;
  }

  /** Null: what could be read when it was put cannot be read by this program. */
  private @Nullable CronTimes times(Schedule schedule) {
    Expression expression = new Expression(schedule.getCron(), schedule.getZone());
    CronTimes times = known.get(expression);
    if (times == null) {
      try {
        times = CronTimes.of(expression.cron, expression.zone);
        known.put(expression, times);
      } catch (InvalidInputException e) {
        LOG.error(
            "schedule {} runs a last time: {}; put it again", schedule.getName(), e.getMessage());
      }
    }
    return times;
  }

  private final class Fired implements Reply {
    private final String name;

    Fired(String name) {
      this.name = name;
    }

    @Override
    public void applied(Outcome outcome) {
      if (outcome instanceof Outcome.Refused refused
          && refused.reason() != RefusalReason.REFUSAL_REASON_UNKNOWN_SCHEDULE) {
        LOG.warn("schedule {} did not run: {}", name, refused.message());
      }
      proposer.execute(this::next);
    }

    /** The next tick finds it due again, unless it fired after all. */
    @Override
    public void unknown(String why) {
      proposer.execute(() -> underWay.remove(name));
    }

    private void next() {
      underWay.remove(name);
      if (underWay.isEmpty()) {
        tick();
      }
    }
  }
}
