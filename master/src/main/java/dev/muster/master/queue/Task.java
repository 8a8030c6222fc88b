package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One task in memory. Changed only by apply, and only after {@link TaskTable#touch}: an object that
 * belongs to a frozen generation is being written to the store and never changes again.
 */
public final class Task implements Generation.Change {
  /**
   * What a task costs in memory beside its payload, bytes; an estimate for the bounds of
   * generations and windows.
   */
  static final int OVERHEAD_BYTES = 280;

  private static final int ATTEMPT_BYTES = 200;

  /** So many attempts are kept in the timeline, the last ones. */
  private static final int TIMELINE_MAX = 32;

  final long id;
  final QueueState queue;
  final TaskOptions options;
  final long enqueuedMs;
  final int payloadBytes;
  ByteString payload;

  /** Tasks of one group run one at a time, in order; "": none. */
  final String group;

  /** Whose task it is, for fairness and limits. */
  final String tenant;

  /** The task that enqueued it; 0: none. */
  final long parent;

  /** Its key among the unique ones; empty: none. */
  final ByteString unique;

  /**
   * Any state but OFFERED: what is leased is RUNNING here. UNKNOWN when it is gone and the store
   * has yet to forget it.
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

  /** The line that it waits in, or waited in last; or one like it, if it never waited. */
  long line;

  /**
   * Its position among the waiting, kept while it is elsewhere, so that it can come back there; 0:
   * it goes to the end.
   */
  long place;

  /** It has enqueued others, and is remembered for their sake. */
  boolean hasChildren;

  /** When the lease ends, ms since the epoch; 0: with its session, or there is none. */
  long leaseUntilMs;

  /** While DELAYED: when it is due, ms since the epoch; 0: it waits for other tasks only. */
  long dueMs;

  /** When it expires if it waits then, ms since the epoch; 0: never. */
  long expiresMs;

  /** Number of the generation in which its timer was set, if that is not stored; see DueTimes. */
  int dueIn;

  /** Its ties to other tasks; null: none. */
  @Nullable Bonds bonds;

  /** It was called off while it ran: its worker is asked to stop. */
  boolean cancelling;

  /** With CANCELLED, EXPIRED and QUARANTINED: why, in a sentence. */
  String cause = "";

  /**
   * Attempts that have ended, the oldest first; the one that succeeded is among them only if what
   * it used was measured.
   */
  List<Attempt> timeline = List.of();

  /**
   * Of the last attempt: when it was offered, ms since the epoch; to whom; its token; how long it
   * ran.
   */
  long offeredMs;

  String worker = "";
  long lastToken;
  long runUs;

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

  Task(
      long id,
      QueueState queue,
      TaskOptions options,
      ByteString payload,
      long enqueuedMs,
      Keys keys,
      long parent) {
    this.id = id;
    this.queue = queue;
    this.options = options;
    this.payload = payload;
    this.payloadBytes = payload.size();
    this.enqueuedMs = enqueuedMs;
    this.group = keys.group;
    this.tenant = keys.tenant;
    this.unique = keys.unique;
    this.line = keys.line;
    this.parent = parent;
    this.lane = queue.nowhere;
    this.position = id;
  }

  /** What a task has of its own, beside its payload. Tasks of one request may share one. */
  static final class Keys {
    static final Keys NONE = new Keys("", "", ByteString.EMPTY);

    final String group;
    final String tenant;
    final ByteString unique;

    /**
     * Where the last task with these waits, so that the next one need not look for it; 0: not
     * known.
     */
    private long line;

    /**
     * @param unique in its stored form
     */
    Keys(String group, String tenant, ByteString unique) {
      this.group = group;
      this.tenant = tenant;
      this.unique = unique;
    }

    boolean are(String group, String tenant) {
      return this.group.equals(group) && this.tenant.equals(tenant);
    }

    /** A task with these, of the request that they are of, began to wait. */
    void waitWith(Task task) {
      if (!group.isEmpty() || !tenant.isEmpty()) {
        line = task.line;
      }
    }
  }

  private Task(Task other) {
    id = other.id;
    queue = other.queue;
    options = other.options;
    enqueuedMs = other.enqueuedMs;
    payloadBytes = other.payloadBytes;
    payload = other.payload;
    group = other.group;
    tenant = other.tenant;
    parent = other.parent;
    unique = other.unique;
    dueMs = other.dueMs;
    expiresMs = other.expiresMs;
    bonds = other.bonds == null ? null : other.bonds.copy();
    cancelling = other.cancelling;
    cause = other.cause;
    timeline = other.timeline;
    offeredMs = other.offeredMs;
    worker = other.worker;
    lastToken = other.lastToken;
    runUs = other.runUs;
    line = other.line;
    place = other.place;
    hasChildren = other.hasChildren;
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
    options = queue.storedOptions(record.getOptions());
    enqueuedMs = record.getEnqueuedMs();
    payloadBytes = record.getPayloadBytes();
    payload = record.getPayload();
    group = record.getGroup();
    tenant = record.getTenant();
    parent = record.getParent();
    unique = record.getUnique();
    dueMs = record.getDueMs();
    expiresMs = record.getExpiresMs();
    bonds = Bonds.of(record);
    cancelling = record.getCancelling();
    cause = record.getCause();
    timeline = record.getTimelineList();
    offeredMs = record.getOfferedMs();
    worker = record.getWorker();
    lastToken = record.getLastToken();
    runUs = record.getRunUs();
    line = record.getLine();
    place = record.getPlace();
    hasChildren = record.getHasChildren();
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

  /**
   * @param written its options, serialized
   */
  TaskRecord toRecord(ByteString written) {
    TaskRecord.Builder record =
        TaskRecord.newBuilder()
            .setId(id)
            .setQueue(queue.number)
            .setOptions(written)
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
            .setResultContentType(resultContentType)
            .setGroup(group)
            .setTenant(tenant)
            .setParent(parent)
            .setUnique(unique)
            .setDueMs(dueMs)
            .setExpiresMs(expiresMs)
            .setCancelling(cancelling)
            .setCause(cause)
            .addAllTimeline(timeline)
            .setOfferedMs(offeredMs)
            .setWorker(worker)
            .setLastToken(lastToken)
            .setRunUs(runUs)
            .setLine(line)
            .setPlace(place)
            .setHasChildren(hasChildren);
    if (failure != null) {
      record.setFailure(failure);
    }
    if (bonds != null) {
      bonds.writeTo(record);
    }
    return record.build();
  }

  /** When something happens to it by the clock alone, ms since the epoch; 0: never. */
  long timerMs() {
    return switch (state) {
      case TASK_STATE_READY -> expiresMs;
      case TASK_STATE_DELAYED ->
          dueMs == 0 || (expiresMs != 0 && expiresMs < dueMs) ? expiresMs : dueMs;
      case TASK_STATE_RUNNING -> leaseUntilMs;
      case TASK_STATE_SUCCEEDED,
          TASK_STATE_FAILED,
          TASK_STATE_CANCELLED,
          TASK_STATE_EXPIRED,
          TASK_STATE_QUARANTINED,
          TASK_STATE_UNKNOWN ->
          0;
      case TASK_STATE_OFFERED, UNRECOGNIZED -> throw new IllegalStateException("state " + state);
    };
  }

  /** The state is one that it does not leave by itself. */
  boolean isFinished() {
    return switch (state) {
      case TASK_STATE_SUCCEEDED, TASK_STATE_FAILED, TASK_STATE_CANCELLED, TASK_STATE_EXPIRED ->
          true;
      case TASK_STATE_QUARANTINED,
          TASK_STATE_READY,
          TASK_STATE_DELAYED,
          TASK_STATE_RUNNING,
          TASK_STATE_UNKNOWN ->
          false;
      case TASK_STATE_OFFERED, UNRECOGNIZED -> throw new IllegalStateException("state " + state);
    };
  }

  boolean isAt(LaneKey someLane, long somePosition) {
    return state != TaskState.TASK_STATE_UNKNOWN
        && position == somePosition
        && lane.equals(someLane);
  }

  @SuppressWarnings("ReferenceEquality") // see below
  int memoryBytes() {
    int failureBytes = failure == null ? 0 : failure.getSerializedSize();
    int bondBytes = bonds == null ? 0 : bonds.memoryBytes();
    return OVERHEAD_BYTES
        // To ask it for its size would be to wait for memory that nothing else needs now.
        + (payload == ByteString.EMPTY ? 0 : payloadBytes)
        + result.size()
        + failureBytes
        + bondBytes
        + timeline.size() * ATTEMPT_BYTES;
  }

  /**
   * Adds the attempt under way, which ends now, to the timeline.
   *
   * @param usage null: not measured
   */
  void endAttempt(AttemptEnd end, long nowMs, String why, @Nullable Usage usage) {
    List<Attempt> longer = new ArrayList<>(timeline);
    if (longer.size() == TIMELINE_MAX) {
      longer.remove(leastTelling());
    }
    Attempt ended = attempt(end, nowMs, why);
    longer.add(usage == null ? ended : ended.toBuilder().setUsage(usage).build());
    timeline = List.copyOf(longer);
  }

  /** Whether the timeline has the attempt that succeeded: only one that was measured. */
  boolean isSuccessNoted() {
    return !timeline.isEmpty()
        && timeline.get(timeline.size() - 1).getEnd() == AttemptEnd.ATTEMPT_END_SUCCEEDED;
  }

  /** The first that was returned, since it says least; else the first of all. */
  private int leastTelling() {
    for (int i = 0; i < timeline.size(); i++) {
      if (timeline.get(i).getEnd() == AttemptEnd.ATTEMPT_END_RETURNED) {
        return i;
      }
    }
    return 0;
  }

  private Attempt attempt(AttemptEnd end, long endedMs, String why) {
    return Attempt.newBuilder()
        .setWorker(worker)
        .setToken(token != 0 ? token : lastToken)
        .setOfferedMs(offeredMs)
        .setStartedMs(runUs == 0 ? 0 : endedMs - runUs / 1_000)
        .setEndedMs(endedMs)
        .setEnd(end)
        .setCause(why)
        .build();
  }

  /** The attempt that succeeded, from what little is remembered of it. */
  static Attempt attempt(String worker, long token, long offeredMs, long endedMs, long runUs) {
    return Attempt.newBuilder()
        .setWorker(worker)
        .setToken(token)
        .setOfferedMs(offeredMs)
        .setStartedMs(runUs == 0 ? 0 : endedMs - runUs / 1_000)
        .setEndedMs(endedMs)
        .setEnd(AttemptEnd.ATTEMPT_END_SUCCEEDED)
        .build();
  }

  /** All attempts, also the one under way and the one that succeeded. */
  List<Attempt> attempts() {
    AttemptEnd end =
        switch (state) {
          case TASK_STATE_RUNNING -> AttemptEnd.ATTEMPT_END_UNSPECIFIED;
          case TASK_STATE_SUCCEEDED -> AttemptEnd.ATTEMPT_END_SUCCEEDED;
          default -> null;
        };
    if (end == null || isSuccessNoted()) {
      return timeline;
    }
    List<Attempt> all = new ArrayList<>(timeline);
    all.add(attempt(end, finishedMs, ""));
    return all;
  }

  /** Its id. */
  public long id() {
    return id;
  }

  /** Of the attempt that holds it; 0: none does. */
  public long token() {
    return token;
  }

  public TaskOptions options() {
    return options;
  }

  /** Where it stands. */
  public TaskState state() {
    return state;
  }

  /** A session holds it: whether its worker has begun, the leader knows. */
  public boolean isWithASession() {
    return session != 0;
  }

  /** The queue that it is in. */
  public String queueName() {
    return queue.name;
  }

  /** What there is to say of its state, in a line: the handler, its worker, why it ended. */
  public String detail() {
    String handler = options.getHandler();
    if (session != 0) {
      return handler.isEmpty() ? "on " + worker : handler + " on " + worker;
    }
    String why =
        failure == null || !cause.isEmpty()
            ? cause
            : failure.getKind() + ": " + failure.getMessage();
    return handler.isEmpty() || why.isEmpty() ? handler + why : handler + ": " + why;
  }

  /** What its awaiters get. Under the machine's lock. */
  public TaskResult toResult() {
    TaskResult.Builder reply =
        TaskResult.newBuilder()
            .setId(id)
            .setState(state)
            .setResult(result)
            .setContentType(resultContentType)
            .setCause(cause);
    if (failure != null) {
      reply.setFailure(failure);
    }
    return reply.build();
  }
}
