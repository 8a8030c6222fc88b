package dev.muster.master.simulation;

import dev.muster.master.queue.QueueMachine;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the clients know, put together: what they sent, what they were promised, what they saw. It
 * looks into no state of the master but at the end, through the queries that any client has.
 *
 * <p>Each task is known by its payload, which its producer made unique: so one that is there twice,
 * or comes out with another's id, shows at once.
 */
final class Ledger {
  /** What its producer knows of a task. */
  static final class Entry {
    final String name;
    final String queue;
    final TaskOptions options;

    /** What must end before it may begin. */
    final List<Long> after;

    /** Its queue and ordered group; empty: none. */
    final String group;

    /** Somebody asked to call it off. */
    boolean calledOff;

    /** Promised: it was durable. */
    boolean acknowledged;

    /** As far as a client has seen it; 0: not yet. */
    long id;

    /** Its result as a task of the result queue; 0: not seen. */
    long resultId;

    /** Token of the attempt whose completion was accepted, as its worker heard; 0: none yet. */
    long acceptedToken;

    /** Tokens of attempts whose outcome was sent: one of them may have been accepted unheard. */
    final Set<Long> sentTokens = new HashSet<>();

    /** Highest token seen. */
    long lastToken;

    private Entry(String name, String queue, TaskOptions options, List<Long> after, String group) {
      this.name = name;
      this.group = group.isEmpty() ? "" : queue + "/" + group;
      this.after = after;
      this.queue = queue;
      this.options = options;
    }
  }

  private record Handed(String who, long id) {}

  private static final String RESULT = "r|";
  private static final String FAILURE = "f|";

  /** The state of a task, as a query says. */
  private final Function<Long, TaskState> stateOf;

  private final Map<String, Entry> byName = new LinkedHashMap<>();
  private final Map<String, List<Entry>> groups = new HashMap<>();
  private final Map<Long, Entry> byId = new HashMap<>();
  private final List<Entry> acknowledged = new ArrayList<>();
  private final Map<String, TreeMap<Long, List<Handed>>> order = new LinkedHashMap<>();

  Ledger(Function<Long, TaskState> stateOf) {
    this.stateOf = stateOf;
  }

  /** The result that an attempt brings: it tells which attempt it was. */
  static String result(String name, long token) {
    return RESULT + name + "|" + token;
  }

  /** The same of a failure. */
  static String failure(String name, long token) {
    return FAILURE + name + "|" + token;
  }

  /** A producer is about to send a task. */
  void asks(String name, EnqueueRequest request, String group) {
    Entry entry =
        new Entry(name, request.getQueue(), request.getOptions(), request.getAfterIdsList(), group);
    byName.put(name, entry);
    if (!entry.group.isEmpty()) {
      groups.computeIfAbsent(entry.group, key -> new ArrayList<>()).add(entry);
    }
  }

  /** A producer was told that its task is durable. */
  void acknowledged(String name, long id) {
    Entry entry = entryOf(name);
    seen(entry, id);
    World.check(!entry.acknowledged, () -> name + " is acknowledged twice");
    entry.acknowledged = true;
    acknowledged.add(entry);
  }

  /** Tasks whose producers know that they are durable. */
  List<Entry> acknowledged() {
    return acknowledged;
  }

  private Entry entryOf(String name) {
    Entry entry = byName.get(name);
    if (entry == null) {
      throw new AssertionError("a task that nobody enqueued: " + name);
    }
    return entry;
  }

  private void seen(Entry entry, long id) {
    World.check(
        entry.id == 0 || entry.id == id,
        () -> entry.name + " is there twice: as task " + entry.id + " and as task " + id);
    Entry other = byId.putIfAbsent(id, entry);
    World.check(
        other == null || other == entry,
        () -> "task " + id + " is " + entry.name + " and was " + other.name);
    entry.id = id;
  }

  /** Somebody was handed a task; its entry in the ledger. */
  Entry offered(Offer offer, int place, String who) {
    long id = offer.getIds(place);
    String name = offer.getPayloads(place).toStringUtf8();
    Entry entry = name.startsWith(RESULT) ? resultEntry(name, id, offer) : entryOf(name);
    seen(entry, id);
    World.check(
        entry.queue.equals(offer.getQueue()),
        () -> name + " was put into " + entry.queue + " and came from " + offer.getQueue());
    World.check(
        entry.acceptedToken == 0 || entry.acceptedToken > offer.getToken(),
        () ->
            ("task " + id + " (" + name + ") is handed to " + who + " under " + offer.getToken())
                + (", but its completion under " + entry.acceptedToken + " was accepted"));
    for (long first : entry.after) {
      World.check(
          isEnd(stateOf.apply(first)),
          () -> name + " is handed out before task " + first + ", which it comes after, has ended");
    }
    checkGroup(entry);
    entry.lastToken = Math.max(entry.lastToken, offer.getToken());
    order
        .computeIfAbsent(offer.getQueue(), queue -> new TreeMap<>())
        .computeIfAbsent(offer.getToken(), token -> new ArrayList<>())
        .add(new Handed(who, id));
    return entry;
  }

  /** At most one of a group runs, and none before those that were put before it have ended. */
  private void checkGroup(Entry entry) {
    int running = 0;
    for (Entry other : groups.getOrDefault(entry.group, List.of())) {
      TaskState state = other.id == 0 ? TaskState.TASK_STATE_UNKNOWN : stateOf.apply(other.id);
      running += state == TaskState.TASK_STATE_RUNNING ? 1 : 0;
      World.check(
          other.id >= entry.id || isEnd(state) || state == TaskState.TASK_STATE_QUARANTINED,
          () ->
              (entry.name + " of group " + entry.group + " is handed out, but ")
                  + (other.name + " before it is " + state));
    }
    int count = running;
    World.check(count <= 1, () -> count + " tasks of group " + entry.group + " run at once");
  }

  /** The result of a task came out of its result queue: as a task of its own. */
  private Entry resultEntry(String name, long id, Offer offer) {
    Entry source = entryOf(nameIn(name));
    World.check(
        source.options.getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE,
        () -> "a result of " + source.name + ", which wants none in a queue");
    World.check(
        source.resultId == 0 || source.resultId == id,
        () -> source.name + " has two results: " + source.resultId + " and " + id);
    checkResult(source, name);
    source.resultId = id;
    return byName.computeIfAbsent(
        name, key -> new Entry(key, offer.getQueue(), offer.getOptions(), List.of(), ""));
  }

  private static String nameIn(String text) {
    return text.substring(2, text.lastIndexOf('|'));
  }

  private static void checkResult(Entry entry, String text) {
    long token = Long.parseLong(text.substring(text.lastIndexOf('|') + 1));
    World.check(
        entry.name.equals(nameIn(text)) && entry.sentTokens.contains(token),
        () -> "the outcome of " + entry.name + " is " + text + ", which nobody sent");
    World.check(
        entry.acceptedToken == 0 || entry.acceptedToken == token,
        () -> entry.name + ": accepted was " + entry.acceptedToken + ", its outcome is " + text);
  }

  /** The outcome of an attempt is on its way. */
  void sent(Entry entry, long token) {
    entry.sentTokens.add(token);
  }

  /** A failure was accepted: the end, unless there is a next attempt or it counts as stopped. */
  void acceptedFailure(Entry entry, long token) {
    // With those that it comes after, it may have been called off.
    boolean calledOff = entry.calledOff || !entry.after.isEmpty();
    if (entry.options.getRetry().getMaxAttempts() <= 1 && !calledOff) {
      accepted(entry, token);
    }
  }

  /** The master said that this attempt ended the task. */
  void accepted(Entry entry, long token) {
    World.check(
        entry.acceptedToken == 0 || entry.acceptedToken == token,
        () -> entry.name + " ended twice: under " + entry.acceptedToken + " and " + token);
    World.check(
        entry.lastToken <= token,
        () ->
            (entry.name + ": the outcome under " + token + " was accepted, ")
                + ("although the task had been handed out again under " + entry.lastToken));
    entry.acceptedToken = token;
  }

  /** Somebody who waited for a task heard of its end. */
  void awaited(TaskResult result) {
    Entry entry = byId.get(result.getId());
    if (entry == null) {
      throw new AssertionError("a result of task " + result.getId() + ", which nobody knows");
    }
    checkEnd(
        entry,
        result.getState(),
        result.getResult().toStringUtf8(),
        result.hasFailure() ? result.getFailure().getMessage() : null);
  }

  private void checkEnd(Entry entry, TaskState state, String result, @Nullable String failure) {
    switch (state) {
      case TASK_STATE_SUCCEEDED -> {
        if (keeps(entry)) {
          checkResult(entry, result);
        } else {
          World.check(!entry.sentTokens.isEmpty(), () -> entry.name + ": nobody completed it");
        }
      }
      case TASK_STATE_FAILED -> checkResult(entry, String.valueOf(failure));
      case TASK_STATE_UNKNOWN ->
          World.check(
              !keeps(entry) && !entry.sentTokens.isEmpty(),
              () -> "task " + entry.id + " (" + entry.name + ") is lost");
      case TASK_STATE_CANCELLED ->
          World.check(
              entry.acceptedToken == 0 && (entry.calledOff || !entry.after.isEmpty()),
              () -> entry.name + " is cancelled, but nobody called it off");
      case TASK_STATE_EXPIRED ->
          World.check(
              entry.acceptedToken == 0 && entry.options.getTtlMs() > 0,
              () -> entry.name + " expired, but it has no TTL");
      case TASK_STATE_QUARANTINED ->
          World.check(entry.acceptedToken == 0, () -> entry.name + " ended, and is quarantined");
      case TASK_STATE_DELAYED,
          TASK_STATE_READY,
          TASK_STATE_OFFERED,
          TASK_STATE_RUNNING,
          UNRECOGNIZED ->
          throw new AssertionError("task " + entry.id + " (" + entry.name + ") ends as " + state);
    }
  }

  private static boolean isEnd(TaskState state) {
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

  static boolean keeps(Entry entry) {
    return switch (entry.options.getResultPolicy()) {
      case RESULT_POLICY_KEEP, RESULT_POLICY_UNSPECIFIED -> true;
      case RESULT_POLICY_QUEUE, RESULT_POLICY_DROP, UNRECOGNIZED -> false;
    };
  }

  /** What is still to come: tasks that are neither done nor lost; empty at the end. */
  List<String> open(QueueMachine machine) {
    List<String> open = new ArrayList<>();
    for (Entry entry : byId.values()) {
      TaskState state = machine.task(entry.id, false).getState();
      if (!isEnd(state) && state != TaskState.TASK_STATE_QUARANTINED) {
        open.add("task " + entry.id + " (" + entry.name + ") is " + state);
      }
    }
    return open;
  }

  /** Everything has come to rest: each promise was kept. */
  void checkAtRest(QueueMachine machine) {
    for (Entry entry : acknowledged) {
      TaskInfo task = machine.task(entry.id, true);
      checkEnd(
          entry,
          task.getState(),
          task.getResult().toStringUtf8(),
          task.hasFailure() ? task.getFailure().getMessage() : null);
      World.check(
          entry.options.getResultPolicy() != ResultPolicy.RESULT_POLICY_QUEUE
              || entry.resultId != 0
              || (task.getState() != TaskState.TASK_STATE_SUCCEEDED
                  && task.getState() != TaskState.TASK_STATE_UNKNOWN),
          () -> entry.name + " succeeded, but its result never came");
    }
  }

  /** From here on, what is handed out is looked at for its order. */
  void beginOrder() {
    order.clear();
  }

  /**
   * Since {@link #beginOrder}, with nothing given back: first in, first out. Leases of one entry
   * have one token: nobody sees which of them came first, only the order within each.
   */
  void checkOrder() {
    order.forEach(
        (queue, leases) -> {
          long before = 0;
          for (List<Handed> lease : leases.values()) {
            Map<String, Long> last = new HashMap<>();
            long most = before;
            for (Handed handed : lease) {
              long bound = Math.max(before, last.getOrDefault(handed.who, 0L));
              World.check(
                  handed.id > bound,
                  () -> queue + ": task " + bound + " was handed out before task " + handed.id);
              last.put(handed.who, handed.id);
              most = Math.max(most, handed.id);
            }
            before = most;
          }
        });
  }
}
