package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import org.jspecify.annotations.Nullable;

/**
 * One task in memory. Changed only by apply, and only after {@link TaskTable#touch}: an object that
 * belongs to a frozen generation is being written to the store and never changes again.
 */
public final class Task {
  /**
   * What a task costs in memory beside its payload, bytes; an estimate for the bounds of
   * generations and windows.
   */
  static final int OVERHEAD_BYTES = 200;

  final long id;
  final QueueState queue;
  final TaskOptions options;
  final long enqueuedMs;
  final int payloadBytes;
  ByteString payload;

  /**
   * READY, RUNNING (leased), SUCCEEDED or FAILED; UNKNOWN when it is gone and the store has yet to
   * forget it.
   */
  TaskState state = TaskState.TASK_STATE_READY;

  int attempts;
  int failures;
  int crashes;
  int returns;
  int expiries;

  /** Log index of the lease under way; 0: none. */
  long token;

  /** Session that holds the lease; 0: a consumer without one. */
  long session;

  /** Without a session: when the lease ends, ms since the epoch. */
  long leaseUntilMs;

  long finishedMs;
  ByteString result = ByteString.EMPTY;
  String resultContentType = "";
  @Nullable Failure failure;

  /** The lane it is in, and its place there. */
  LaneKey lane;

  long position;

  /**
   * The place that the store has for it, to be deleted when it moves; null: the store does not know
   * it.
   */
  @Nullable LaneKey storedLane;

  long storedPosition;

  /** Neighbours among the tasks that the session holds; see {@link WorkerSession}. */
  @Nullable Task heldBefore;

  @Nullable Task heldAfter;

  /** Number of the generation that this object belongs to; 0: as read from the store. */
  int generation;

  Task(long id, QueueState queue, TaskOptions options, ByteString payload, long enqueuedMs) {
    this.id = id;
    this.queue = queue;
    this.options = options;
    this.payload = payload;
    this.payloadBytes = payload.size();
    this.enqueuedMs = enqueuedMs;
    this.lane = queue.ready.key();
    this.position = id;
  }

  private Task(Task other) {
    id = other.id;
    queue = other.queue;
    options = other.options;
    enqueuedMs = other.enqueuedMs;
    payloadBytes = other.payloadBytes;
    payload = other.payload;
    state = other.state;
    attempts = other.attempts;
    failures = other.failures;
    crashes = other.crashes;
    returns = other.returns;
    expiries = other.expiries;
    token = other.token;
    session = other.session;
    leaseUntilMs = other.leaseUntilMs;
    finishedMs = other.finishedMs;
    result = other.result;
    resultContentType = other.resultContentType;
    failure = other.failure;
    lane = other.lane;
    position = other.position;
  }

  Task(TaskRecord record, QueueState queue, LaneKey lane) {
    id = record.getId();
    this.queue = queue;
    options = queue.shared(record.getOptions());
    enqueuedMs = record.getEnqueuedMs();
    payloadBytes = record.getPayloadBytes();
    payload = record.getPayload();
    state = record.getState();
    attempts = record.getAttempts();
    failures = record.getFailures();
    crashes = record.getCrashes();
    returns = record.getReturns();
    expiries = record.getExpiries();
    token = record.getToken();
    session = record.getSession();
    leaseUntilMs = record.getLeaseUntilMs();
    finishedMs = record.getFinishedMs();
    result = record.getResult();
    resultContentType = record.getResultContentType();
    failure = record.hasFailure() ? record.getFailure() : null;
    this.lane = lane;
    position = record.getPosition();
  }

  /** A copy that may change while this one is being written. */
  Task copy() {
    return new Task(this);
  }

  TaskRecord toRecord() {
    TaskRecord.Builder record =
        TaskRecord.newBuilder()
            .setId(id)
            .setQueue(queue.number)
            .setOptions(options)
            .setState(state)
            .setEnqueuedMs(enqueuedMs)
            .setFinishedMs(finishedMs)
            .setAttempts(attempts)
            .setFailures(failures)
            .setCrashes(crashes)
            .setReturns(returns)
            .setExpiries(expiries)
            .setToken(token)
            .setSession(session)
            .setLeaseUntilMs(leaseUntilMs)
            .setPosition(position)
            .setPayload(payload)
            .setPayloadBytes(payloadBytes)
            .setResult(result)
            .setResultContentType(resultContentType);
    if (failure != null) {
      record.setFailure(failure);
    }
    return record.build();
  }

  boolean isAt(LaneKey someLane, long somePosition) {
    return state != TaskState.TASK_STATE_UNKNOWN
        && position == somePosition
        && lane.equals(someLane);
  }

  int memoryBytes() {
    int failureBytes = failure == null ? 0 : failure.getSerializedSize();
    return OVERHEAD_BYTES + payload.size() + result.size() + failureBytes;
  }

  /** Its id. */
  public long id() {
    return id;
  }

  /** Where it stands. */
  public TaskState state() {
    return state;
  }

  /** The queue that it is in. */
  public String queueName() {
    return queue.name;
  }

  /** What there is to say of its state: the handler, and why it ended. */
  public String detail() {
    String handler = options.getHandler();
    if (failure == null) {
      return handler;
    }
    return handler + ": " + failure.getKind() + ": " + failure.getMessage();
  }

  /** What its awaiters get. Under the machine's lock. */
  public TaskResult toResult() {
    TaskResult.Builder reply =
        TaskResult.newBuilder()
            .setId(id)
            .setState(state)
            .setResult(result)
            .setContentType(resultContentType);
    if (failure != null) {
      reply.setFailure(failure);
    }
    return reply.build();
  }
}
