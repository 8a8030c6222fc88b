package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.master.queue.Inspection;
import dev.muster.master.queue.QueueMachine;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What the clients know, put together: what they sent, what they were promised, what they saw. It
 * looks into no state of the master but at the end, through the queries that any client has.
 *
 * <p>Each task is known by its payload, which its producer made unique: so one that is there twice,
 * or comes out with another's id, shows at once.
 */
final class Ledger {
  private static final String RESULT = "r|";
  private static final String FAILURE = "f|";
  private static final String FIRED = "s|";

  /** The kind of a failure that the master itself makes. */
  private static final String OVERRUN = "muster.Overrun";

  /** The state of a task, as a query says. */
  private final LongFunction<TaskState> stateOf;

  private final TieLedger ties;
  private final KeyLedger keys;
  private final ScheduleLedger schedules;
  private final Map<String, LedgerEntry> byName = new LinkedHashMap<>();
  private final GroupLedger groups;
  private final Map<Long, LedgerEntry> byId = new HashMap<>();
  private final List<LedgerEntry> known = new ArrayList<>();
  private final OrderLedger order = new OrderLedger();

  Ledger(LongFunction<TaskState> stateOf, TieLedger ties, ScheduleLedger schedules) {
    this.stateOf = stateOf;
    this.ties = ties;
    this.keys = new KeyLedger(stateOf);
    this.groups = new GroupLedger(stateOf);
    this.schedules = schedules;
  }

  /** The payload of a schedule's tasks. */
  static String fired(String schedule) {
    return FIRED + schedule;
  }

  /** The result that an attempt brings: it tells which attempt it was. */
  static String result(String name, long token) {
    return RESULT + name + "|" + token;
  }

  /** The same of a failure. */
  static String failure(String name, long token) {
    return FAILURE + name + "|" + token;
  }

  /** Somebody is about to ask for the task in one column of a request. */
  LedgerEntry asks(String name, EnqueueRequest request, int column) {
    LedgerEntry entry = asks(name, request.getQueue(), request.getOptions());
    entry.after = request.getAfterIdsList().stream().map(this::entryOf).toList();
    entry.runsOnFailure = request.getOnFailure() == OnFailure.ON_FAILURE_RUN;
    String group = column < request.getGroupsCount() ? request.getGroups(column) : "";
    String tenant = column < request.getTenantsCount() ? request.getTenants(column) : "";
    if (!group.isEmpty()) {
      groups.asks(entry, group, tenant);
    }
    String key = column < request.getUniqueKeysCount() ? request.getUniqueKeys(column) : "";
    if (!key.isEmpty()) {
      keys.asks(entry, request, key);
    }
    return entry;
  }

  /** The same of one that has neither group nor key. */
  LedgerEntry asks(String name, String queue, TaskOptions options) {
    LedgerEntry entry = new LedgerEntry(name, queue, options);
    byName.put(name, entry);
    return entry;
  }

  /** A producer was told that its task is durable. */
  void acknowledged(LedgerEntry entry, long id) {
    seen(entry, id);
    World.check(!entry.acknowledged, () -> entry.name + " is acknowledged twice");
    entry.acknowledged = true;
    known.add(entry);
  }

  /** A producer was told that there is a task with the same key. */
  void absorbed(LedgerEntry entry, long id) {
    World.check(
        !entry.key.isEmpty() && entry.id == 0,
        () -> entry.name + " is said to be task " + id + ", and is there itself");
    entry.absorbedBy = id;
  }

  /** Tasks that are known to be durable. */
  List<LedgerEntry> known() {
    return known;
  }

  private LedgerEntry entryOf(long id) {
    LedgerEntry entry = byId.get(id);
    if (entry == null) {
      throw new AssertionError("task " + id + ", which nobody knows");
    }
    return entry;
  }

  private LedgerEntry entryOf(String name) {
    LedgerEntry entry = byName.get(name);
    if (entry == null) {
      throw new AssertionError("a task that nobody enqueued: " + name);
    }
    return entry;
  }

  private void seen(LedgerEntry entry, long id) {
    World.check(
        entry.absorbedBy == 0,
        () -> entry.name + " is task " + id + ", and was said to be " + entry.absorbedBy);
    World.check(
        entry.id == 0 || entry.id == id,
        () -> entry.name + " is there twice: as task " + entry.id + " and as task " + id);
    LedgerEntry other = byId.putIfAbsent(id, entry);
    World.check(
        other == null || other == entry,
        () -> "task " + id + " is " + entry.name + " and was " + other.name);
    if (entry.id == 0) {
      entry.id = id;
      first(entry);
    }
  }

  /** What follows from it that a task is there. */
  private void first(LedgerEntry entry) {
    keys.seen(entry);
    int place = entry.graph.indexOf(entry);
    for (int i = 0; i < entry.graph.size(); i++) {
      seen(entry.graph.get(i), entry.id - place + i);
    }
    if (entry.parent != null) {
      accepted(entry.parent, entry.parentToken);
      known.add(entry);
    }
  }

  /** Somebody was handed a task; its entry in the ledger. */
  LedgerEntry offered(Offer offer, int place, String who) {
    long id = offer.getIds(place);
    long token = offer.getToken();
    LedgerEntry entry = entryOf(offer, offer.getPayloads(place).toStringUtf8(), id);
    seen(entry, id);
    World.check(
        entry.queue.equals(offer.getQueue()),
        () -> entry.name + " was put into " + entry.queue + ", came from " + offer.getQueue());
    World.check(
        entry.acceptedToken == 0 || entry.acceptedToken > token,
        () ->
            ("task " + id + " (" + entry.name + ") is handed to " + who + " under " + token)
                + (", but its completion under " + entry.acceptedToken + " was accepted"));
    World.check(
        entry.failedToken == 0 || entry.failedToken > token || entry.replayAsked,
        () ->
            ("task " + id + " (" + entry.name + ") is handed to " + who + " under " + token)
                + (", but it failed for good under " + entry.failedToken));
    keys.seen(entry);
    ties.offered(entry, token);
    entry.firstToken = entry.firstToken == 0 ? token : Math.min(entry.firstToken, token);
    entry.lastToken = Math.max(entry.lastToken, token);
    groups.offered(entry, token);
    order.offered(offer.getQueue(), token, who, id);
    return entry;
  }

  /**
   * It was called off or dropped by one who did not name it.
   *
   * @param forgotten its record is gone as well
   */
  LedgerEntry takenAway(String name, long id, boolean forgotten) {
    LedgerEntry entry = entryOf(name);
    seen(entry, id);
    entry.dropAsked |= forgotten;
    entry.calledOff |= !forgotten;
    return entry;
  }

  private LedgerEntry entryOf(Offer offer, String name, long id) {
    if (name.startsWith(FIRED)) {
      schedules.offered(name.substring(FIRED.length()), id);
      return byId.computeIfAbsent(
          id, key -> new LedgerEntry(name, offer.getQueue(), offer.getOptions()));
    }
    return name.startsWith(RESULT) ? resultEntry(name, id, offer) : entryOf(name);
  }

  /** The result of a task came out of its result queue: as a task of its own. */
  private LedgerEntry resultEntry(String name, long id, Offer offer) {
    LedgerEntry source = entryOf(nameIn(name));
    World.check(
        source.wantsResultQueued(),
        () -> "a result of " + source.name + ", which wants none in a queue");
    World.check(
        source.resultId == 0 || source.resultId == id,
        () -> source.name + " has two results: " + source.resultId + " and " + id);
    completed(source, name);
    source.resultId = id;
    return byName.computeIfAbsent(
        name, key -> new LedgerEntry(key, offer.getQueue(), offer.getOptions()));
  }

  private static String nameIn(String text) {
    return text.substring(2, text.lastIndexOf('|'));
  }

  /** The attempt that an outcome is of. */
  private static long attempt(LedgerEntry entry, String text) {
    int at = text.lastIndexOf('|');
    long token = at < 2 ? 0 : Long.parseLong(text.substring(at + 1));
    World.check(
        at >= 2 && entry.name.equals(nameIn(text)) && entry.sentTokens.contains(token),
        () -> "the outcome of " + entry.name + " is " + text + ", which nobody sent");
    return token;
  }

  private static void completed(LedgerEntry entry, String result) {
    accepted(entry, attempt(entry, result));
  }

  /** The outcome of an attempt is on its way. */
  void sent(LedgerEntry entry, long token) {
    entry.sentTokens.add(token);
  }

  /** A failure was accepted: the end, unless there is a next attempt or it counts as stopped. */
  void acceptedFailure(LedgerEntry entry, long token, boolean retryable) {
    boolean again = retryable && entry.options.getRetry().getMaxAttempts() > 1;
    if (again || entry.mayBeCalledOff()) {
      return;
    }
    World.check(
        entry.acceptedToken == 0 || (entry.replayAsked && token < entry.acceptedToken),
        () -> entry.name + " completed under " + entry.acceptedToken + ", failed under " + token);
    World.check(
        entry.replayAsked
            || ((entry.failedToken == 0 || entry.failedToken == token) && entry.lastToken <= token),
        () -> entry.name + " failed for good under " + token + ", and went on");
    entry.failedToken = Math.max(entry.failedToken, token);
  }

  /** The master said that it knows of the crash of this attempt: then it completes nothing. */
  static void acceptedCrash(LedgerEntry entry, long token) {
    World.check(
        entry.acceptedToken == 0 || token < entry.acceptedToken || entry.replayAsked,
        () -> entry.name + " completed under " + entry.acceptedToken + ", crashed under " + token);
    entry.crashedTokens.add(token);
  }

  /** The master said that this attempt completed the task, or it shows. */
  static void accepted(LedgerEntry entry, long token) {
    World.check(
        !entry.crashedTokens.contains(token),
        () -> entry.name + " crashed under " + token + ", and completed");
    World.check(
        entry.acceptedToken == 0 || entry.acceptedToken == token,
        () -> entry.name + " ended twice: under " + entry.acceptedToken + " and " + token);
    World.check(
        entry.lastToken <= token,
        () ->
            (entry.name + ": the outcome under " + token + " was accepted, ")
                + ("although the task had been handed out again under " + entry.lastToken));
    World.check(
        entry.failedToken == 0 || (entry.replayAsked && entry.failedToken < token),
        () -> entry.name + " failed for good under " + entry.failedToken + ", and ended again");
    entry.acceptedToken = token;
  }

  /** Its attempt was ended because somebody called it off. */
  void stopped(LedgerEntry entry) {
    World.check(
        entry.mayBeCalledOff(), () -> entry.name + " was stopped, but nobody called it off");
  }

  /** Somebody who waited for a task heard of its end. */
  void awaited(TaskResult result) {
    checkEnd(
        entryOf(result.getId()),
        result.getState(),
        result.getResult().toStringUtf8(),
        result.hasFailure() ? result.getFailure() : Failure.getDefaultInstance());
  }

  private void checkEnd(LedgerEntry entry, TaskState state, String result, Failure failure) {
    switch (state) {
      case TASK_STATE_SUCCEEDED -> {
        if (entry.keeps()) {
          completed(entry, result);
        } else {
          World.check(!entry.sentTokens.isEmpty(), () -> entry.name + ": nobody completed it");
        }
      }
      case TASK_STATE_FAILED -> checkFailure(entry, failure);
      case TASK_STATE_UNKNOWN ->
          World.check(
              entry.dropAsked || (!entry.keeps() && !entry.sentTokens.isEmpty()),
              () -> "task " + entry.id + " (" + entry.name + ") is lost");
      case TASK_STATE_CANCELLED ->
          World.check(
              // Word of an end that was undone since may come late.
              (entry.acceptedToken == 0 || entry.replayAsked)
                  && (entry.mayBeCalledOff() || entry.dropAsked || ties.mayHaveFailedFirst(entry)),
              () -> entry.name + " is cancelled, but nobody called it off");
      case TASK_STATE_EXPIRED ->
          World.check(
              // Late word again.
              (entry.acceptedToken == 0 || entry.replayAsked) && entry.options.getTtlMs() > 0,
              () -> entry.name + " expired, but it has no TTL");
      case TASK_STATE_QUARANTINED ->
          World.check(
              entry.acceptedToken == 0 || entry.replayAsked,
              () -> entry.name + " ended, and is quarantined");
      case TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          UNRECOGNIZED ->
          throw new AssertionError("task " + entry.id + " (" + entry.name + ") ends as " + state);
    }
  }

  private static void checkFailure(LedgerEntry entry, Failure failure) {
    if (failure.getKind().equals(OVERRUN)) {
      World.check(entry.isLimited(), () -> entry.name + " overran, but it has no limit");
      return;
    }
    long token = attempt(entry, failure.getMessage());
    World.check(
        entry.failedToken == 0 || entry.failedToken == token || entry.replayAsked,
        () -> entry.name + ": it failed under " + entry.failedToken + " and under " + token);
  }

  static boolean isEnd(TaskState state) {
    return switch (state) {
      case TASK_STATE_SUCCEEDED,
          TASK_STATE_FAILED,
          TASK_STATE_CANCELLED,
          TASK_STATE_EXPIRED,
          TASK_STATE_UNKNOWN ->
          true;
      case TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          TASK_STATE_QUARANTINED,
          UNRECOGNIZED ->
          false;
    };
  }

  /** It ended otherwise than by success, or is set aside: a person may put it back. */
  static boolean isBad(TaskState state) {
    return state == TaskState.TASK_STATE_QUARANTINED
        || (isEnd(state)
            && state != TaskState.TASK_STATE_SUCCEEDED
            && state != TaskState.TASK_STATE_UNKNOWN);
  }

  /** What is still to come: tasks that are neither done nor lost; empty at the end. */
  List<String> open() {
    List<String> open = new ArrayList<>();
    for (LedgerEntry entry : byId.values()) {
      TaskState state = stateOf.apply(entry.id);
      if (!isEnd(state) && state != TaskState.TASK_STATE_QUARANTINED) {
        open.add("task " + entry.id + " (" + entry.name + ") is " + state);
      }
    }
    return open;
  }

  /** Everything has come to rest: each promise was kept. */
  void checkAtRest(QueueMachine machine) {
    for (QueueInfo queue : machine.queues("", "", 100)) {
      findUnseen(machine, queue.getName(), TaskState.TASK_STATE_CANCELLED);
      findUnseen(machine, queue.getName(), TaskState.TASK_STATE_EXPIRED);
    }
    for (LedgerEntry entry : known) {
      TaskInfo task = machine.task(entry.id, false);
      checkEnd(entry, task.getState(), task.getResult().toStringUtf8(), task.getFailure());
      World.check(
          !entry.wantsResultQueued()
              || entry.resultId != 0
              || entry.dropAsked
              || (task.getState() != TaskState.TASK_STATE_SUCCEEDED
                  && task.getState() != TaskState.TASK_STATE_UNKNOWN),
          () -> entry.name + " succeeded, but its result never came");
    }
    byId.values().forEach(ties::checkAtRest);
    keys.checkAtRest(machine, byId);
    schedules.checkAtRest();
    for (QueueInfo queue : machine.queues("", "", 100)) {
      long there =
          byId.values().stream().filter(entry -> entry.queue.equals(queue.getName())).count();
      World.check(
          queue.getEnqueued() == there,
          () -> queue.getName() + " had " + queue.getEnqueued() + " tasks, seen are " + there);
    }
  }

  /** What was called off or expired before anybody saw it. */
  private void findUnseen(QueueMachine machine, String queue, TaskState state) {
    TaskFilter filter = TaskFilter.newBuilder().setQueue(queue).setState(state).build();
    Inspection.Page page = machine.inspect().list(filter, ByteString.EMPTY, 10_000);
    for (TaskInfo task : page == null ? List.<TaskInfo>of() : page.tasks()) {
      if (!byId.containsKey(task.getId())) {
        String name = machine.task(task.getId(), true).getPayload().toStringUtf8();
        seen(entryOf(name), task.getId());
      }
    }
  }

  /** From here on, what is handed out is looked at for its order. */
  void beginOrder() {
    order.begin();
  }

  void checkOrder() {
    order.check();
  }
}
