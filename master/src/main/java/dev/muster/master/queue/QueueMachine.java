package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongLongHashMap;
import com.carrotsearch.hppc.LongObjectHashMap;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TenantInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of all queues. One thread at a time, log order. No clock, no random, no I/O but reads
 * of cold state.
 *
 * <p>{@link #apply} throws only when an invariant is broken: the caller must stop the process then.
 */
public final class QueueMachine {
  /** So many timers are looked at in one step. */
  private static final int ADVANCE_MAX = 1_000;

  private final MachineState state;
  private final Waiting waiting;
  private final Dependencies dependencies;
  private final Endings endings;
  private final Leasing leasing;
  private final Enqueueing enqueueing;
  private final Settling settling;
  private final Cancelling cancelling;
  private final Bulk bulk;
  private final ScheduleBook schedules;
  private long appliedIndex;
  private long appliedTerm;

  /**
   * The state as the store has it; the caller then applies the log entries after {@link
   * #appliedIndex}.
   *
   * @param outstandingMax unanswered requests that a client may have
   */
  public QueueMachine(StateStore store, int outstandingMax) {
    this(store, outstandingMax, MachineState.SPARE);
  }

  /**
   * The same, which cuts long work after so many tasks in each entry: every master that reads one
   * log must have the same number, from 1.
   */
  public QueueMachine(StateStore store, int outstandingMax, int spare) {
    this.state = new MachineState(store, spare);
    this.waiting = new Waiting(state);
    this.dependencies = new Dependencies(state, waiting);
    this.endings = new Endings(state, dependencies);
    this.leasing = new Leasing(state, waiting, endings);
    this.enqueueing = new Enqueueing(state, waiting, dependencies, endings, outstandingMax);
    this.settling = new Settling(state, leasing, waiting, endings, enqueueing, outstandingMax);
    this.cancelling = new Cancelling(state, waiting, leasing, endings, outstandingMax);
    this.bulk = new Bulk(state, waiting, endings, cancelling, outstandingMax);
    this.schedules = new ScheduleBook(state, store, enqueueing::enqueue);
    MetaRecord meta = store.meta();
    appliedIndex = meta.equals(MetaRecord.getDefaultInstance()) ? -1 : meta.getAppliedIndex();
    appliedTerm = meta.getAppliedTerm();
    state.sequence = meta.getSequence();
    state.nowMs = meta.getNowMs();
    state.queues.restore(store, state.sequence);
    state.sessions.restore(store);
    state.producers.restore(store);
    schedules.restore();
    state.timers.restore();
    store.leased().forEach(record -> restoreHolder(state.tasks.restoreLeased(record)));
    state.queues.restored(state);
  }

  private void restoreHolder(Task task) {
    task.queue.ready.restoreLeased(task);
    state.timers.restore(task);
    WorkerSession session = state.sessions.find(task.session);
    if (session != null) {
      session.hold(task);
    } else if (task.session != 0) {
      throw new IllegalStateException(
          "task " + task.id + " is leased to session " + task.session + ", which does not exist");
    }
  }

  /** When something is due next, ms since the epoch; {@link Long#MAX_VALUE}: nothing is. */
  public long nextDueMs() {
    return state.timers.nextMs();
  }

  /** The last log entry applied; -1: none. */
  public long appliedIndex() {
    return appliedIndex;
  }

  public long appliedTerm() {
    return appliedTerm;
  }

  /** The time of the last entry, ms since the epoch. */
  public long nowMs() {
    return state.nowMs;
  }

  /**
   * Begins an entry, stamped with the leader's clock; time never goes back, whatever the stamp
   * says.
   *
   * @param dice the leader's, thrown once for the entry
   */
  public void begin(long stampMs, long dice, Effects effects) {
    state.begin(stampMs, dice, effects);
  }

  /** Applies one command of the entry that has begun. */
  public Outcome apply(Command command, long index) {
    Outcome outcome = applyRule(command, index);
    dependencies.passOn(endings);
    return outcome;
  }

  private Outcome applyRule(Command command, long index) {
    return switch (command
        .getVerbCase()) { // no default: a new verb does not compile until it is handled here
      case ENQUEUE -> enqueueing.enqueue(command.getEnqueue());
      case GRAPH -> enqueueing.graph(command.getGraph());
      case LEASE -> leasing.lease(command.getLease(), index);
      case SETTLE -> settling.settle(command.getSettle());
      case OPEN_SESSION -> openSession(command.getOpenSession());
      case CLOSE_SESSION -> closeSession(command.getCloseSession());
      case RETURN_UNSTARTED -> returnUnstarted(command.getReturnUnstarted());
      case EXPIRE_LEASES -> leasing.expire(command.getExpireLeases());
      case EXTEND -> leasing.extend(command.getExtend());
      case OVERRUN -> leasing.overrun(command.getOverrun(), settling);
      case CANCEL -> cancelling.cancel(command.getCancel());
      case BULK -> bulk.apply(command.getBulk());
      case ADVANCE -> advance();
      case CONFIGURE_QUEUE -> configure(command.getConfigureQueue());
      case CONFIGURE_TENANT -> configure(command.getConfigureTenant());
      case PUT_SCHEDULE -> schedules.put(command.getPutSchedule(), index);
      case DELETE_SCHEDULE -> schedules.delete(command.getDeleteSchedule());
      case PAUSE_SCHEDULE -> schedules.pause(command.getPauseSchedule());
      case FIRE_SCHEDULE -> schedules.fire(command.getFireSchedule());
      case RUN_SCHEDULE -> schedules.run(command.getRunSchedule());
      case VERB_NOT_SET -> throw new IllegalStateException("empty command at index " + index);
    };
  }

  /**
   * Ends an entry: it is applied. Also called for the log's own entries, which carry no command.
   */
  public void end(long term, long index) {
    if (index <= appliedIndex) {
      throw new IllegalStateException("entry " + index + " comes after entry " + appliedIndex);
    }
    appliedIndex = index;
    appliedTerm = term;
    state.end();
  }

  private Outcome openSession(OpenSession command) {
    LongObjectHashMap<Long> held = new LongObjectHashMap<>();
    for (int i = 0; i < command.getHeldIdsCount(); i++) {
      held.put(command.getHeldIds(i), command.getHeldTokens(i));
    }
    WorkerSession known = state.sessions.find(command.getKey());
    if (known != null) {
      if (command.getConnection() != 0 && command.getConnection() < known.connection) {
        // What it says it holds is out of date, and nobody listens to it any more.
        return new Outcome.Refused(
            RefusalReason.REFUSAL_REASON_BAD_REQUEST,
            "connection "
                + known.connection
                + " of this worker has taken the place of connection "
                + command.getConnection());
      }
      connected(known, command.getConnection());
      List<Long> lost = leasing.reconcile(known, held);
      return new Outcome.Opened(known.number, true, known.settledUpto, lost);
    }
    if (!held.isEmpty()) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_SESSION_EXPIRED,
          "the session ended; what it held belongs to others now");
    }
    WorkerSession session =
        new WorkerSession(
            ++state.sequence,
            command.getKey(),
            command.getWorker(),
            command.getLabelsMap(),
            command.getSlots());
    state.sessions.add(session);
    connected(session, command.getConnection());
    return new Outcome.Opened(session.number, false, 0, List.of());
  }

  private void connected(WorkerSession session, long connection) {
    session.connection = connection;
    state.tasks.current().dirty(session);
  }

  private Outcome closeSession(CloseSession command) {
    WorkerSession session = state.sessions.find(command.getSession());
    if (session != null) {
      Leasing.Return startedAs =
          command.getLost() ? Leasing.Return.CRASHED : Leasing.Return.UNSTARTED;
      LongLongHashMap startedRunUs = new LongLongHashMap();
      for (int i = 0; i < command.getStartedIdsCount(); i++) {
        long runUs = i < command.getStartedRunUsCount() ? command.getStartedRunUs(i) : 0;
        startedRunUs.put(command.getStartedIds(i), runUs);
      }
      leasing.giveBackHeld(session, startedRunUs, startedAs);
      state.sessions.remove(session);
      state.tasks.current().closed(session);
    }
    return new Outcome.Done();
  }

  private Outcome returnUnstarted(ReturnUnstarted command) {
    WorkerSession session = state.sessions.find(command.getSession());
    if (session != null) {
      leasing.giveBackUnstarted(session, setOf(command.getStartedIdsList()));
    }
    return new Outcome.Done();
  }

  private static LongHashSet setOf(List<Long> ids) {
    LongHashSet set = new LongHashSet(ids.size());
    ids.forEach(set::add);
    return set;
  }

  private Outcome configure(ConfigureQueueRequest request) {
    QueueState queue = state.use(request.getQueue());
    if (queue == null) {
      return Enqueueing.tooManyQueues();
    }
    queue.settings = queue.settings.with(request.getSettings());
    endings.retainAnew(queue);
    queue.ready.configure(queue.settings.proto(), state);
    state.changed(queue);
    return new Outcome.Configured(info(queue));
  }

  private Outcome configure(ConfigureTenantRequest request) {
    QueueState queue = state.use(request.getQueue());
    if (queue == null) {
      return Enqueueing.tooManyQueues();
    }
    TenantInfo tenant = queue.ready.configure(request, state);
    state.changed(queue);
    return new Outcome.TenantConfigured(tenant);
  }

  private QueueInfo info(QueueState queue) {
    Task oldest = queue.ready.oldest(state.tasks);
    return queue
        .toInfo()
        .setLeasable(queue.ready.supply(state.nowMs).leasable())
        .setOldestReadyMs(oldest == null ? 0 : oldest.enqueuedMs)
        .build();
  }

  /** Time has passed: does what is due, a bounded part of it at a time. */
  private Outcome advance() {
    for (Timers.Timer timer : state.timers.takeDue(state.nowMs, ADVANCE_MAX)) {
      switch (timer.kind()) {
        case TASK -> due(timer);
        case UNIQUE -> state.uniques.due(timer.value(), timer.id());
        case RETENTION -> endings.retain(state.queues.byNumber((int) timer.id()));
        case PASS_ON -> dependencies.goOn(timer);
        case CANCEL_BELOW -> cancelling.goOn(timer);
      }
    }
    dependencies.passOn(endings); // before it is said whether more is due
    return new Outcome.Advanced(state.timers.nextMs() <= state.nowMs);
  }

  private void due(Timers.Timer timer) {
    Task found = state.tasks.find(timer.id());
    if (found == null) {
      throw new IllegalStateException(
          "a timer names task " + timer.id() + ", which does not exist");
    }
    if (found.timerMs() != timer.atMs()) {
      // What was due before it in this step has moved it.
      state.timers.clear(timer.atMs(), timer.kind(), timer.id());
      return;
    }
    if (found.state == TaskState.TASK_STATE_RUNNING) {
      leasing.expire(found);
    } else if (found.expiresMs != 0 && found.expiresMs <= state.nowMs) {
      Task task = state.tasks.touch(found);
      waiting.leave(task);
      endings.expire(task);
    } else {
      waiting.due(found);
    }
  }

  // Generations. Called under the same lock as apply.

  /** Bytes of changes in memory that are not being flushed, estimated. */
  public long currentBytes() {
    return state.tasks.current().bytes();
  }

  /** Something changed since the last roll. */
  public boolean hasChanges() {
    return !state.tasks.current().isEmpty();
  }

  /** A flush is under way. */
  public boolean isFlushing() {
    return state.tasks.frozen() != null;
  }

  /**
   * Freezes the current generation and begins a new one. The frozen one may then be written from
   * another thread.
   */
  public Generation roll() {
    Generation frozen = state.tasks.roll(state.sequence);
    frozen.freeze(
        MetaRecord.newBuilder()
            .setAppliedIndex(appliedIndex)
            .setAppliedTerm(appliedTerm)
            .setSequence(state.sequence)
            .setNowMs(state.nowMs)
            .build());
    return frozen;
  }

  /** The frozen generation is written: readers find it in the store from now on. */
  public void flushed() {
    state.tasks.dropFrozen();
  }

  // Queries. Called under the same lock as apply, never beside it.

  /** Everything that people ask about tasks. */
  public Inspection inspect() {
    return new Inspection(state, dependencies, bulk);
  }

  /** What the sessions hold. */
  public Attempts attempts() {
    return new Attempts(state);
  }

  /** One task; in state UNKNOWN when it never was or is forgotten. */
  public TaskInfo task(long id, boolean withPayload) {
    return inspect().task(id, withPayload);
  }

  /** Number of the session that holds this task; 0: none does. */
  public long holder(long id) {
    Task task = state.tasks.leased(id);
    return task == null ? 0 : task.session;
  }

  /**
   * The task if it is finished and kept, else null; also null for what never was: ask {@link #task}
   * which.
   */
  public @Nullable Task finished(long id) {
    Task task = state.tasks.find(id);
    return task != null && task.finishedMs > 0 ? task : null;
  }

  public @Nullable QueueInfo queue(String name) {
    QueueState queue = state.queues.find(name);
    return queue == null ? null : info(queue);
  }

  /** Queues in order of name; see ListQueuesRequest. */
  public List<QueueInfo> queues(String prefix, String after, int limit) {
    List<QueueInfo> page = new ArrayList<>();
    state.queues.page(prefix, after, limit).forEach(queue -> page.add(info(queue)));
    return page;
  }

  /** The schedules: only its queries, under the lock as well. */
  public ScheduleBook schedules() {
    return schedules;
  }

  /** Numbers of the open worker sessions, ascending. */
  public long[] sessions() {
    return state.sessions.numbers();
  }

  /** Everything leased, in no order. */
  public void leased(LeaseVisitor visit) {
    state
        .tasks
        .leased()
        .forEach(
            (id, task) ->
                visit.lease(task.queue.name, task.id, task.token, task.session, task.leaseUntilMs));
  }

  /** What waits in each queue, in order of name. */
  public void waiting(WaitingVisitor visit) {
    for (QueueState queue : state.queues.page("", "", Integer.MAX_VALUE)) {
      visit.queue(queue.name, queue.ready.supply(state.nowMs));
    }
  }

  /** Tenants of a queue in order of name; see ListTenantsRequest. */
  public List<TenantInfo> tenants(String name, String after, int limit) {
    QueueState queue = state.queues.find(name);
    return queue == null ? List.of() : queue.ready.tenants(after, limit);
  }

  /** Names of queues whose counts do not add up: none, ever. */
  public List<String> unconserved() {
    List<String> broken = new ArrayList<>();
    for (QueueState queue : state.queues.page("", "", Integer.MAX_VALUE)) {
      if (!queue.isConserved()) {
        broken.add(queue.name);
      }
    }
    return broken;
  }

  /** Why a task stands where it stands, as far as the rules know; the most important first. */
  public List<Reason> explain(long id) {
    Task task = state.tasks.find(id);
    return task == null
        ? Explanation.ofUnknown(task(id, false))
        : new Explanation(task, state).reasons();
  }

  /** Gets one queue: what can be leased and enqueued now. */
  public interface WaitingVisitor {
    void queue(String name, Supply supply);
  }

  /** Gets one lease; {@code session} is 0 without one, {@code leaseUntilMs} 0 with one. */
  public interface LeaseVisitor {
    void lease(String queue, long id, long token, long session, long leaseUntilMs);
  }
}
