package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.log.v1.FireSchedule;
import dev.muster.master.log.v1.PauseSchedule;
import dev.muster.master.log.v1.PutSchedule;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.ScheduleRecord;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All schedules, in memory, in order of name and in order of their next times. No cron expression
 * is read here: the leader did, and its commands say when a schedule is due next.
 *
 * <p>A time fires once, because firing moves the schedule to its next time in the same step, and
 * only the time that is next can fire: a proposal that comes twice, or late, finds another.
 */
public final class ScheduleBook {
  /** More schedules than that are refused: each costs memory for good. */
  static final int SCHEDULES_MAX = 10_000;

  /** All of them together take so much memory at most, bytes. */
  static final long BYTES_MAX = 64L << 20;

  /** Most tasks that one command enqueues. */
  public static final int RUNS_MAX = 1_000;

  /** Adds the tasks of a request, by the rules that hold for every producer. */
  interface Enqueuer {
    Outcome enqueue(EnqueueRequest request);
  }

  private record Due(long atMs, String name) {
    static final Comparator<Due> ORDER =
        Comparator.comparingLong(Due::atMs).thenComparing(Due::name);

    static Due of(PlannedSchedule schedule) {
      return new Due(schedule.info().getNextMs(), schedule.name());
    }
  }

  private final NavigableMap<String, PlannedSchedule> byName = new TreeMap<>();
  private final TreeSet<Due> planned = new TreeSet<>(Due.ORDER);
  private final MachineState state;
  private final Index records;
  private final Enqueuer enqueuer;
  private long bytes;

  ScheduleBook(MachineState state, StateStore store, Enqueuer enqueuer) {
    this.state = state;
    this.records = new Index(Family.SCHEDULES, store, state.tasks);
    this.enqueuer = enqueuer;
  }

  void restore() {
    records.scan(
        ByteString.EMPTY,
        (key, value) -> {
          add(PlannedSchedule.of(parse(key, value)));
          return true;
        });
  }

  private static ScheduleRecord parse(ByteString key, ByteString value) {
    try {
      return ScheduleRecord.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the record of schedule " + key.toStringUtf8(), e);
    }
  }

  // Commands.

  /** A schedule that is put again keeps its last run, and whether it is paused. */
  Outcome put(PutSchedule command, long index) {
    Schedule schedule = command.getSchedule();
    PlannedSchedule known = byName.get(schedule.getName());
    if (known == null && byName.size() >= SCHEDULES_MAX) {
      return limit("a master holds at most " + SCHEDULES_MAX + " schedules");
    }
    long without = known == null ? bytes : bytes - known.bytes();
    if (without + schedule.getSerializedSize() > BYTES_MAX) {
      return limit(
          "all schedules together have at most " + BYTES_MAX + " bytes, and hold " + without);
    }
    ScheduleInfo.Builder info =
        known == null ? ScheduleInfo.newBuilder() : known.info().toBuilder();
    // Programs put their schedules whenever they start: a time that passed meanwhile stays due.
    if (known == null || !known.hasTimesOf(schedule) || info.getNextMs() == 0) {
      info.setNextMs(command.getNextMs());
    }
    return changed(new PlannedSchedule(info.setSchedule(schedule).build(), index));
  }

  Outcome delete(DeleteScheduleRequest command) {
    PlannedSchedule known = byName.get(command.getName());
    if (known == null) {
      return unknown(command.getName());
    }
    remove(known);
    records.delete(ByteString.copyFromUtf8(known.name()));
    return new Outcome.Done();
  }

  Outcome pause(PauseSchedule command) {
    PlannedSchedule known = byName.get(command.getName());
    if (known == null) {
      return unknown(command.getName());
    }
    ScheduleInfo.Builder info = known.info().toBuilder().setPaused(command.getPaused());
    boolean goesOn = known.info().getPaused() && !command.getPaused();
    // Never back, or times would come again that have fired: the leader's clock may be put back.
    boolean isLater = command.getNextMs() > known.info().getNextMs();
    if (goesOn && isLater && command.getRevision() == known.revision()) {
      info.setNextMs(command.getNextMs());
    }
    return changed(known.with(info));
  }

  /** The queue may refuse the task: the time has passed all the same. */
  Outcome fire(FireSchedule command) {
    PlannedSchedule known = byName.get(command.getName());
    if (known == null) {
      return unknown(command.getName());
    }
    if (!known.isPlanned()
        || known.info().getNextMs() != command.getDueMs()
        || known.revision() != command.getRevision()) {
      return new Outcome.Scheduled(known.info());
    }
    ScheduleInfo.Builder info = known.info().toBuilder().setNextMs(command.getNextMs());
    Outcome.Refused refused = null;
    for (int i = 0; i < Math.min(command.getRuns(), RUNS_MAX) && refused == null; i++) {
      Outcome outcome = enqueuer.enqueue(request(known.info().getSchedule()));
      if (outcome instanceof Outcome.Enqueued enqueued) {
        ran(info, enqueued);
      } else {
        refused = (Outcome.Refused) outcome;
      }
    }
    Outcome fired = changed(known.with(info));
    return refused == null ? fired : refused;
  }

  /** Beside the plan: whether it is paused, and what comes next, stays. */
  Outcome run(RunScheduleRequest command) {
    PlannedSchedule known = byName.get(command.getName());
    if (known == null) {
      return unknown(command.getName());
    }
    Outcome outcome = enqueuer.enqueue(request(known.info().getSchedule()));
    if (outcome instanceof Outcome.Enqueued enqueued) {
      ScheduleInfo.Builder info = known.info().toBuilder();
      ran(info, enqueued);
      changed(known.with(info));
    }
    return outcome;
  }

  private static EnqueueRequest request(Schedule schedule) {
    return EnqueueRequest.newBuilder()
        .setQueue(schedule.getQueue())
        .setOptions(schedule.getOptions())
        .addPayloads(schedule.getPayload())
        .build();
  }

  private void ran(ScheduleInfo.Builder info, Outcome.Enqueued enqueued) {
    info.setLastMs(state.nowMs).setLastTask(enqueued.firstId()).setRuns(info.getRuns() + 1);
  }

  private Outcome changed(PlannedSchedule schedule) {
    PlannedSchedule before = byName.get(schedule.name());
    if (before != null) {
      remove(before);
    }
    add(schedule);
    records.put(ByteString.copyFromUtf8(schedule.name()), schedule.toRecord());
    return new Outcome.Scheduled(schedule.info());
  }

  private void add(PlannedSchedule schedule) {
    byName.put(schedule.name(), schedule);
    bytes += schedule.bytes();
    if (schedule.isPlanned()) {
      planned.add(Due.of(schedule));
    }
  }

  private void remove(PlannedSchedule schedule) {
    byName.remove(schedule.name());
    bytes -= schedule.bytes();
    planned.remove(Due.of(schedule));
  }

  private static Outcome.Refused limit(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_LIMIT, message);
  }

  private static Outcome.Refused unknown(String name) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_SCHEDULE, "there is no schedule " + name);
  }

  // Queries. Called under the same lock as apply, never beside it.

  public Optional<PlannedSchedule> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Schedules whose next time has come, the earliest first. */
  public List<PlannedSchedule> due(long nowMs, int limit) {
    List<PlannedSchedule> due = new ArrayList<>();
    for (Due next : planned) {
      PlannedSchedule schedule = byName.get(next.name);
      if (next.atMs > nowMs || due.size() == limit || schedule == null) {
        break;
      }
      due.add(schedule);
    }
    return due;
  }

  /** Schedules in order of name: those that begin with a prefix, after a name. */
  public List<ScheduleInfo> page(String prefix, String after, int limit) {
    List<ScheduleInfo> page = new ArrayList<>();
    String from = after.compareTo(prefix) > 0 ? after : prefix;
    for (PlannedSchedule schedule : byName.tailMap(from, !from.equals(after)).values()) {
      if (!schedule.name().startsWith(prefix) || page.size() == limit) {
        break;
      }
      page.add(schedule.info());
    }
    return page;
  }
}
