package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StoreException;
import dev.muster.master.store.v1.LaneRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One queue: its settings, its counters and its lanes. */
final class QueueState {
  private static final int USUAL_OPTIONS_MAX = 16;
  private static final int USUAL_OPTIONS_BYTES_MAX = 256;

  final int number;
  final String name;
  final Ready ready;

  /** Succeeded, with results; failed; cancelled or expired. */
  final Kept retained;

  final Kept dead;
  final Kept ended;

  /** Quarantined. */
  final Lane aside;

  final LaneKey leasedKey;
  final LaneKey delayedKey;

  /** Where a task is that is in no lane yet. */
  final LaneKey nowhere;

  /** The last plain successes. Not stored. */
  final History history;

  Settings settings = Settings.DEFAULT;

  /** Ever enqueued: the sum of what waits, is leased, has ended and is quarantined. */
  long enqueued;

  long delayed;
  long leased;
  long succeeded;
  long failed;
  long cancelled;
  long expired;

  /** Now, not ever: what is released counts no more. */
  long quarantined;

  long staleSettlements;

  /** Failures that were not the last, and attempts that ended otherwise. */
  long retries;

  long crashes;
  long returns;
  long expiries;

  /** When the oldest of what is kept is looked at, ms since the epoch; 0: nothing is kept. */
  long retentionMs;

  /** The options of the last task, and of some before, each its own value. Not stored. */
  private TaskOptions lastOptions = TaskOptions.getDefaultInstance();

  private ByteString lastStored = ByteString.EMPTY;
  private TaskOptions lastStoredOptions = TaskOptions.getDefaultInstance();

  private final Map<TaskOptions, TaskOptions> usualOptions = new HashMap<>();

  /** The leader will hear of it when the entry under way ends. Not stored. */
  boolean toldAtEnd;

  /** Number of the generation that is to write it; 0: none. Not stored. */
  int dirtyIn;

  QueueState(int number, String name, Histories histories) {
    this(QueueRecord.newBuilder().setNumber(number).setName(name).build(), 0, histories);
  }

  /**
   * @param sequence the last position that was given out
   */
  QueueState(QueueRecord record, long sequence, Histories histories) {
    this.number = record.getNumber();
    this.name = record.getName();
    this.history = histories.open(name);
    this.leasedKey = key(LaneKey.Kind.LEASED);
    this.delayedKey = key(LaneKey.Kind.DELAYED);
    this.nowhere = key(LaneKey.Kind.READY);
    this.retained = kept(record, LaneKey.Kind.RETAINED, sequence);
    this.dead = kept(record, LaneKey.Kind.DEAD, sequence);
    this.ended = kept(record, LaneKey.Kind.ENDED, sequence);
    this.aside = lane(record, LaneKey.Kind.QUARANTINED, sequence);
    this.settings = Settings.of(record.getSettings());
    this.ready = new Ready(this);
    this.ready.restore(record, sequence);
    this.enqueued = record.getEnqueued();
    this.delayed = record.getDelayed();
    this.leased = record.getLeased();
    this.succeeded = record.getSucceeded();
    this.failed = record.getFailed();
    this.cancelled = record.getCancelled();
    this.expired = record.getExpired();
    this.quarantined = record.getQuarantined();
    this.staleSettlements = record.getStaleSettlements();
    this.retries = record.getRetries();
    this.crashes = record.getCrashes();
    this.returns = record.getReturns();
    this.expiries = record.getExpiries();
    this.retentionMs = record.getRetentionMs();
  }

  private LaneKey key(LaneKey.Kind kind) {
    return new LaneKey(kind, number, 0);
  }

  private Lane lane(QueueRecord record, LaneKey.Kind kind, long sequence) {
    LaneRecord stored = stored(record, kind);
    return stored == null
        ? new Lane(key(kind))
        : new Lane(key(kind), stored.getSize(), stored.getHead(), sequence);
  }

  private Kept kept(QueueRecord record, LaneKey.Kind kind, long sequence) {
    LaneRecord stored = stored(record, kind);
    return new Kept(lane(record, kind, sequence), stored == null ? 0 : stored.getBytes());
  }

  private static @Nullable LaneRecord stored(QueueRecord record, LaneKey.Kind kind) {
    for (LaneRecord lane : record.getLanesList()) {
      if (lane.getKind() == kind.code()) {
        return lane;
      }
    }
    return null;
  }

  QueueRecord toRecord() {
    QueueRecord.Builder record = QueueRecord.newBuilder();
    ready.addTo(record);
    return record
        .setNumber(number)
        .setName(name)
        .setSettings(settings.proto())
        .setEnqueued(enqueued)
        .setDelayed(delayed)
        .setLeased(leased)
        .setSucceeded(succeeded)
        .setFailed(failed)
        .setCancelled(cancelled)
        .setExpired(expired)
        .setQuarantined(quarantined)
        .setStaleSettlements(staleSettlements)
        .setRetries(retries)
        .setCrashes(crashes)
        .setReturns(returns)
        .setExpiries(expiries)
        .setRetentionMs(retentionMs)
        .addLanes(toRecord(retained))
        .addLanes(toRecord(dead))
        .addLanes(toRecord(ended))
        .addLanes(toRecord(aside))
        .build();
  }

  static LaneRecord.Builder toRecord(Lane lane) {
    return LaneRecord.newBuilder()
        .setKind(lane.key().kind().code())
        .setLine(lane.key().line())
        .setSize(lane.size())
        .setHead(lane.size() == 0 ? 0 : lane.head());
  }

  private static LaneRecord.Builder toRecord(Kept kept) {
    return toRecord(kept.lane).setBytes(kept.bytes());
  }

  /** What it keeps of finished tasks. */
  List<Kept> kept() {
    return List.of(retained, dead, ended);
  }

  /** Where it keeps finished tasks in this state; null: it is none of an end. */
  @Nullable Kept keptOf(TaskState state) {
    return switch (state) {
      case TASK_STATE_SUCCEEDED -> retained;
      case TASK_STATE_FAILED -> dead;
      case TASK_STATE_CANCELLED, TASK_STATE_EXPIRED -> ended;
      case TASK_STATE_READY,
          TASK_STATE_DELAYED,
          TASK_STATE_RUNNING,
          TASK_STATE_QUARANTINED,
          TASK_STATE_OFFERED,
          TASK_STATE_UNKNOWN,
          UNRECOGNIZED ->
          null;
    };
  }

  /** The lanes that hold tasks in this state, from a line on: at most so many, in order of line. */
  List<LaneKey> lanesOf(TaskState state, long fromLine, int max) {
    return state == TaskState.TASK_STATE_READY
        ? ready.lanes(fromLine, max)
        : List.of(laneOf(state, 0));
  }

  /** The lane that a stored task is in. */
  LaneKey laneOf(TaskRecord record) {
    return laneOf(record.getState(), record.getLine());
  }

  private LaneKey laneOf(TaskState state, long line) {
    return switch (state) {
      case TASK_STATE_READY -> ready.laneOf(line);
      case TASK_STATE_DELAYED -> delayedKey;
      case TASK_STATE_RUNNING -> leasedKey;
      case TASK_STATE_SUCCEEDED -> retained.lane.key();
      case TASK_STATE_FAILED -> dead.lane.key();
      case TASK_STATE_CANCELLED, TASK_STATE_EXPIRED -> ended.lane.key();
      case TASK_STATE_QUARANTINED -> aside.key();
      case TASK_STATE_UNKNOWN, TASK_STATE_OFFERED, UNRECOGNIZED ->
          throw new IllegalStateException("a stored task is never in state " + state);
    };
  }

  /**
   * The same options as of tasks before, if there were such: most tasks of a queue have one of a
   * few, and need not each hold a copy. Equal ones are mostly the same object then.
   */
  TaskOptions shared(TaskOptions options) {
    if (!options.equals(lastOptions)) {
      lastOptions = usual(options);
    }
    return lastOptions;
  }

  /**
   * Of a stored task: the same as those of the one before, mostly, which are not parsed again.
   *
   * @param bytes serialized
   */
  TaskOptions storedOptions(ByteString bytes) {
    if (!bytes.equals(lastStored)) {
      try {
        lastStoredOptions = shared(TaskOptions.parseFrom(bytes));
      } catch (InvalidProtocolBufferException e) {
        throw new StoreException("stored options cannot be parsed: " + e.getMessage(), e);
      }
      lastStored = bytes;
    }
    return lastStoredOptions;
  }

  private TaskOptions usual(TaskOptions options) {
    if (options.getSerializedSize() > USUAL_OPTIONS_BYTES_MAX) {
      return options;
    }
    TaskOptions usual = usualOptions.get(options);
    if (usual != null) {
      return usual;
    }
    if (usualOptions.size() >= USUAL_OPTIONS_MAX) { // They are not what is usual any more.
      usualOptions.clear();
    }
    usualOptions.put(options, options);
    return options;
  }

  /** Tasks that may still be enqueued; a large number when there is no limit. */
  long room() {
    long max = settings.proto().getMaxLength();
    return max == 0 ? Long.MAX_VALUE : Math.max(0, max - waiting());
  }

  /** Tasks that wait, for a worker or for their time. */
  long waiting() {
    return ready.size() + delayed;
  }

  /** The conservation rule: what came in is somewhere. */
  boolean isConserved() {
    return enqueued
        == ready.size() + delayed + leased + succeeded + failed + cancelled + expired + quarantined;
  }

  /**
   * Its counts; what the leader alone knows (offered apart from running, workers) is left to the
   * caller.
   */
  QueueInfo.Builder toInfo() {
    return QueueInfo.newBuilder()
        .setName(name)
        .setEnqueued(enqueued)
        .setDelayed(delayed)
        .setReady(ready.size())
        .setOffered(leased)
        .setSucceeded(succeeded)
        .setFailed(failed)
        .setCancelled(cancelled)
        .setExpired(expired)
        .setQuarantined(quarantined)
        .setSettings(settings.proto())
        .setStaleSettlements(staleSettlements)
        .setRetained(retained.size())
        .setDead(dead.size())
        .setEnded(ended.size())
        .setKeptBytes(retained.bytes() + dead.bytes() + ended.bytes())
        .setRetries(retries)
        .setCrashes(crashes)
        .setReturns(returns)
        .setExpiries(expiries);
  }
}
