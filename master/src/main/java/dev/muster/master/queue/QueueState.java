package dev.muster.master.queue;

import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.LaneRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;

/** One queue: its settings, its counters and its lanes. */
final class QueueState {
  /** Finished tasks whose results are kept, when nothing else is set. */
  static final long RETAINED_MAX_DEFAULT = 100_000;

  final int number;
  final String name;
  final Lane ready;
  final Lane retained;
  final Lane dead;
  final LaneKey leasedKey;

  /** Tasks that may wait; 0: no limit. */
  long maxLength;

  /** Succeeded tasks whose results are kept. */
  long retainedMax = RETAINED_MAX_DEFAULT;

  /** Ever enqueued: the sum of ready, leased, succeeded and failed. */
  long enqueued;

  long leased;
  long succeeded;
  long failed;
  long staleSettlements;

  /**
   * The options of the last task: most tasks of a queue have the same, and need not each hold a
   * copy.
   */
  private TaskOptions lastOptions = TaskOptions.getDefaultInstance();

  /** The leader will hear of it when the entry under way ends. Not stored. */
  boolean toldAtEnd;

  QueueState(int number, String name) {
    this.number = number;
    this.name = name;
    this.leasedKey = new LaneKey(LaneKey.Kind.LEASED, number, 0);
    this.ready = new Lane(key(LaneKey.Kind.READY));
    this.retained = new Lane(key(LaneKey.Kind.RETAINED));
    this.dead = new Lane(key(LaneKey.Kind.DEAD));
  }

  QueueState(QueueRecord record) {
    this.number = record.getNumber();
    this.name = record.getName();
    this.leasedKey = new LaneKey(LaneKey.Kind.LEASED, number, 0);
    this.ready = lane(record, LaneKey.Kind.READY);
    this.retained = lane(record, LaneKey.Kind.RETAINED);
    this.dead = lane(record, LaneKey.Kind.DEAD);
    this.maxLength = record.getSettings().getMaxLength();
    this.retainedMax = record.getSettings().getRetainedMax();
    this.enqueued = record.getEnqueued();
    this.leased = record.getLeased();
    this.succeeded = record.getSucceeded();
    this.failed = record.getFailed();
    this.staleSettlements = record.getStaleSettlements();
  }

  private LaneKey key(LaneKey.Kind kind) {
    return new LaneKey(kind, number, 0);
  }

  private Lane lane(QueueRecord record, LaneKey.Kind kind) {
    for (LaneRecord lane : record.getLanesList()) {
      if (lane.getKind() == kind.code()) {
        return new Lane(key(kind), lane.getSize(), lane.getHead());
      }
    }
    return new Lane(key(kind));
  }

  QueueRecord toRecord() {
    return QueueRecord.newBuilder()
        .setNumber(number)
        .setName(name)
        .setEnqueued(enqueued)
        .setLeased(leased)
        .setSucceeded(succeeded)
        .setFailed(failed)
        .setSettings(settings())
        .setStaleSettlements(staleSettlements)
        .addLanes(toRecord(ready))
        .addLanes(toRecord(retained))
        .addLanes(toRecord(dead))
        .build();
  }

  private QueueSettings settings() {
    return QueueSettings.newBuilder().setMaxLength(maxLength).setRetainedMax(retainedMax).build();
  }

  private static LaneRecord toRecord(Lane lane) {
    return LaneRecord.newBuilder()
        .setKind(lane.key().kind().code())
        .setLine(lane.key().line())
        .setSize(lane.size())
        .setHead(lane.size() == 0 ? 0 : lane.head())
        .build();
  }

  /** The lane that a task in this state is in. */
  LaneKey laneOf(TaskState state) {
    return switch (state) {
      case TASK_STATE_READY -> ready.key();
      case TASK_STATE_RUNNING -> leasedKey;
      case TASK_STATE_SUCCEEDED -> retained.key();
      case TASK_STATE_FAILED -> dead.key();
      case TASK_STATE_UNKNOWN,
          TASK_STATE_DELAYED,
          TASK_STATE_OFFERED,
          TASK_STATE_CANCELLED,
          TASK_STATE_EXPIRED,
          TASK_STATE_QUARANTINED,
          UNRECOGNIZED ->
          throw new IllegalStateException("a stored task is never in state " + state);
    };
  }

  /** An object equal to these options, the same for runs of tasks with equal ones. */
  TaskOptions shared(TaskOptions options) {
    if (!options.equals(lastOptions)) {
      lastOptions = options;
    }
    return lastOptions;
  }

  /** Tasks that may still be enqueued; a large number when there is no limit. */
  long room() {
    return maxLength == 0 ? Long.MAX_VALUE : Math.max(0, maxLength - ready.size());
  }

  /** The conservation rule: what came in is somewhere. */
  boolean isConserved() {
    return enqueued == ready.size() + leased + succeeded + failed;
  }

  /**
   * Its counts; what the leader alone knows (offered apart from running, workers) is left to the
   * caller.
   */
  QueueInfo.Builder toInfo() {
    return QueueInfo.newBuilder()
        .setName(name)
        .setEnqueued(enqueued)
        .setReady(ready.size())
        .setOffered(leased)
        .setSucceeded(succeeded)
        .setFailed(failed)
        .setSettings(settings())
        .setStaleSettlements(staleSettlements);
  }
}
