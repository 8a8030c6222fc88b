package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.Settle;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the queues once more, in plain maps and lists, with no thought of speed, memory or
 * disk: what {@link QueueMachine} must answer.
 */
final class ReferenceModel {
  /** Payload and option bytes that one lease carries at most, unless it is a single task. */
  private static final long LEASE_BYTES_MAX = 1 << 20;

  static final class Queue {
    final String name;
    final TreeSet<Long> ready = new TreeSet<>();
    final ArrayDeque<Long> retained = new ArrayDeque<>();
    long enqueued;
    long leased;
    long succeeded;
    long failed;
    long quarantined;
    long crashes;
    long returns;
    long expiries;
    long stale;
    long maxLength;
    long retainedMax = 100_000;

    Queue(String name) {
      this.name = name;
    }

    long room() {
      return maxLength == 0 ? Long.MAX_VALUE : Math.max(0, maxLength - ready.size());
    }

    QueueInfo info() {
      return QueueInfo.newBuilder()
          .setName(name)
          .setEnqueued(enqueued)
          .setReady(ready.size())
          .setOffered(leased)
          .setSucceeded(succeeded)
          .setFailed(failed)
          .setSettings(
              Settings.DEFAULT.proto().toBuilder()
                  .setMaxLength(maxLength)
                  .setRetainedMax(retainedMax))
          .setQuarantined(quarantined)
          .setRetained(retained.size())
          .setDead(failed)
          .setCrashes(crashes)
          .setReturns(returns)
          .setExpiries(expiries)
          .setStaleSettlements(stale)
          .build();
    }
  }

  static final class Item {
    final long id;
    final Queue queue;
    final TaskOptions options;
    final ByteString payload;
    TaskState state = TaskState.TASK_STATE_READY;
    int attempts;
    int failures;
    int crashes;
    int returns;
    int expiries;
    long token;
    long session;
    long leaseUntilMs;
    ByteString result = ByteString.EMPTY;

    Item(long id, Queue queue, TaskOptions options, ByteString payload) {
      this.id = id;
      this.queue = queue;
      this.options = options;
      this.payload = payload;
    }

    boolean isLeased() {
      return state == TaskState.TASK_STATE_RUNNING;
    }
  }

  static final class Session {
    final long number;
    final ByteString key;
    long settledUpto;

    Session(long number, ByteString key) {
      this.number = number;
      this.key = key;
    }
  }

  static final class Client {
    long answeredBelow;
    final TreeMap<Long, Outcome> answers = new TreeMap<>();
  }

  final Map<String, Queue> queues = new TreeMap<>();
  final Map<Long, Item> items = new TreeMap<>();
  final Map<Long, Session> sessions = new TreeMap<>();
  final Map<ByteString, Client> clients = new HashMap<>();
  final List<Long> finished = new ArrayList<>();
  long sequence;
  long nowMs;

  void begin(long stampMs) {
    nowMs = Math.max(nowMs, stampMs);
  }

  Outcome apply(Command command, long index) {
    return switch (command.getVerbCase()) {
      case ENQUEUE -> enqueue(command.getEnqueue());
      case LEASE -> lease(command.getLease(), index);
      case SETTLE -> settle(command.getSettle());
      case OPEN_SESSION -> open(command.getOpenSession());
      case CLOSE_SESSION -> {
        Set<Long> started = new HashSet<>(command.getCloseSession().getStartedIdsList());
        long number = command.getCloseSession().getSession();
        for (Item item : heldBy(number)) {
          boolean crashed = command.getCloseSession().getLost() && started.contains(item.id);
          giveBack(item, crashed ? Leasing.Return.CRASHED : Leasing.Return.UNSTARTED);
        }
        sessions.remove(number);
        yield new Outcome.Done();
      }
      case RETURN_UNSTARTED -> {
        Set<Long> started = new HashSet<>(command.getReturnUnstarted().getStartedIdsList());
        for (Item item : heldBy(command.getReturnUnstarted().getSession())) {
          if (!started.contains(item.id)) {
            giveBack(item, Leasing.Return.UNSTARTED);
          }
        }
        yield new Outcome.Done();
      }
      case EXPIRE_LEASES -> expire(command.getExpireLeases());
      case EXTEND -> extend(command.getExtend());
      case ADVANCE -> {
        queues.values().forEach(this::forgetOldest);
        yield new Outcome.Advanced(false);
      }
      case CONFIGURE_QUEUE -> configure(command.getConfigureQueue());
      default -> throw new IllegalArgumentException("no rule for " + command.getVerbCase());
    };
  }

  private Outcome enqueue(EnqueueRequest request) {
    Outcome known = known(request.hasRequest() ? request.getRequest() : null);
    if (known != null) {
      return known;
    }
    Queue queue = queue(request.getQueue());
    if (request.getOptions().getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE) {
      queue(request.getOptions().getResultQueue());
    }
    if (queue.room() < request.getPayloadsCount()) {
      return refused(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    }
    long first = sequence + 1;
    for (ByteString payload : request.getPayloadsList()) {
      add(queue, request.getOptions(), payload);
    }
    Outcome outcome = new Outcome.Enqueued(first, request.getPayloadsCount());
    remember(request.hasRequest() ? request.getRequest() : null, outcome);
    return outcome;
  }

  private void add(Queue queue, TaskOptions options, ByteString payload) {
    Item item = new Item(++sequence, queue, options, payload);
    items.put(item.id, item);
    queue.ready.add(item.id);
    queue.enqueued++;
  }

  private Outcome lease(Lease command, long index) {
    Queue queue = queues.get(command.getQueue());
    Session session = sessions.get(command.getSession());
    if (queue == null || (command.getSession() != 0 && session == null)) {
      return new Outcome.Leased(List.of(), 0, 0);
    }
    List<Item> taken = new ArrayList<>();
    long bytes = 0;
    TaskOptions last = null;
    while (taken.size() < command.getMax() && !queue.ready.isEmpty()) {
      Item item = item(queue.ready.first());
      bytes += item.payload.size();
      if (!item.options.equals(last)) {
        bytes += item.options.getSerializedSize();
        last = item.options;
      }
      if (!taken.isEmpty() && bytes > LEASE_BYTES_MAX) {
        break;
      }
      taken.add(item);
      queue.ready.remove(item.id);
      queue.leased++;
      item.state = TaskState.TASK_STATE_RUNNING;
      item.token = index;
      item.session = command.getSession();
      item.attempts++;
      item.leaseUntilMs = session == null ? nowMs + command.getVisibilityTimeoutMs() : 0;
    }
    return new Outcome.Leased(
        offers(queue.name, index, taken),
        taken.size(),
        session == null ? nowMs + command.getVisibilityTimeoutMs() : 0);
  }

  private static List<Offer> offers(String queue, long token, List<Item> taken) {
    List<List<Item>> groups = new ArrayList<>();
    for (Item item : taken) {
      if (groups.isEmpty() || !groups.get(groups.size() - 1).get(0).options.equals(item.options)) {
        groups.add(new ArrayList<>());
      }
      groups.get(groups.size() - 1).add(item);
    }
    List<Offer> offers = new ArrayList<>();
    for (List<Item> group : groups) {
      Offer.Builder offer =
          Offer.newBuilder().setQueue(queue).setToken(token).setOptions(group.get(0).options);
      group.forEach(item -> offer.addIds(item.id).addPayloads(item.payload));
      if (group.stream().anyMatch(item -> item.attempts != 1)) {
        group.forEach(item -> offer.addAttempts(item.attempts));
      }
      if (group.stream().anyMatch(item -> item.crashes > 0)) {
        group.forEach(item -> offer.addCrashes(item.crashes));
      }
      offers.add(offer.build());
    }
    return offers;
  }

  private Outcome settle(Settle command) {
    if (command.getSession() == 0) {
      Outcome known = known(command.hasRequest() ? command.getRequest() : null);
      if (known != null) {
        return known;
      }
      Outcome outcome = new Outcome.Settled(settle(command.getSettlement(), 0));
      remember(command.hasRequest() ? command.getRequest() : null, outcome);
      return outcome;
    }
    Session session = sessions.get(command.getSession());
    if (session == null) {
      return refused(RefusalReason.REFUSAL_REASON_SESSION_EXPIRED);
    }
    if (command.getNumber() <= session.settledUpto) {
      return new Outcome.Settled(List.of());
    }
    if (command.getNumber() != session.settledUpto + 1) {
      return refused(RefusalReason.REFUSAL_REASON_BAD_REQUEST);
    }
    session.settledUpto++;
    return new Outcome.Settled(settle(command.getSettlement(), session.number));
  }

  private List<RefusedAttempt> settle(Settlement settlement, long session) {
    List<RefusedAttempt> refused = new ArrayList<>();
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      Item item =
          held(settlement.getCompletedIds(i), settlement.getCompletedTokens(i), session, refused);
      if (item != null) {
        complete(item, settlement.getResults(i), settlement.getResultContentType());
      }
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      Item item = held(failed.getId(), failed.getToken(), session, refused);
      if (item != null) {
        release(item);
        item.state = TaskState.TASK_STATE_FAILED;
        item.failures++;
        item.queue.failed++;
        sequence++;
        finished.add(item.id);
      }
    }
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      Item item =
          held(settlement.getReturnedIds(i), settlement.getReturnedTokens(i), session, refused);
      if (item != null) {
        giveBack(item, Leasing.Return.UNSTARTED);
      }
    }
    return refused;
  }

  private void complete(Item item, ByteString result, String contentType) {
    release(item);
    Queue queue = item.queue;
    queue.succeeded++;
    finished.add(item.id);
    item.state = TaskState.TASK_STATE_SUCCEEDED;
    if (item.options.getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE) {
      items.remove(item.id);
      TaskOptions options =
          TaskOptions.newBuilder()
              .setContentType(contentType)
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build();
      add(queue(item.options.getResultQueue()), options, result);
    } else if (item.options.getResultPolicy() == ResultPolicy.RESULT_POLICY_DROP) {
      items.remove(item.id);
    } else {
      sequence++;
      item.result = result;
      queue.retained.add(item.id);
      forgetOldest(queue);
    }
  }

  private void forgetOldest(Queue queue) {
    while (queue.retained.size() > queue.retainedMax) {
      items.remove(queue.retained.remove());
    }
  }

  private @Nullable Item held(long id, long token, long session, List<RefusedAttempt> refused) {
    Item item = items.get(id);
    if (item != null && item.isLeased() && item.token == token && item.session == session) {
      return item;
    }
    if (item != null) {
      item.queue.stale++;
    }
    refused.add(stale(id, token));
    return null;
  }

  private static RefusedAttempt stale(long id, long token) {
    return RefusedAttempt.newBuilder()
        .setId(id)
        .setToken(token)
        .setReason(RefusalReason.REFUSAL_REASON_STALE_TOKEN)
        .build();
  }

  private Outcome open(OpenSession command) {
    Map<Long, Long> held = new TreeMap<>();
    for (int i = 0; i < command.getHeldIdsCount(); i++) {
      held.put(command.getHeldIds(i), command.getHeldTokens(i));
    }
    for (Session session : sessions.values()) {
      if (session.key.equals(command.getKey())) {
        for (Item item : heldBy(session.number)) {
          Long token = held.get(item.id);
          if (token != null && token == item.token) {
            held.remove(item.id);
          } else {
            giveBack(item, Leasing.Return.UNSTARTED);
          }
        }
        return new Outcome.Opened(
            session.number, true, session.settledUpto, List.copyOf(held.keySet()));
      }
    }
    if (!held.isEmpty()) {
      return refused(RefusalReason.REFUSAL_REASON_SESSION_EXPIRED);
    }
    Session session = new Session(++sequence, command.getKey());
    sessions.put(session.number, session);
    return new Outcome.Opened(session.number, false, 0, List.of());
  }

  private Outcome expire(ExpireLeases command) {
    for (int i = 0; i < command.getIdsCount(); i++) {
      Item item = items.get(command.getIds(i));
      if (item != null
          && item.isLeased()
          && item.token == command.getTokens(i)
          && item.session == 0
          && item.leaseUntilMs <= nowMs) {
        giveBack(item, Leasing.Return.EXPIRED);
      }
    }
    return new Outcome.Done();
  }

  private Outcome extend(ExtendRequest request) {
    List<RefusedAttempt> refused = new ArrayList<>();
    for (int i = 0; i < request.getIdsCount(); i++) {
      Item item = items.get(request.getIds(i));
      if (item != null
          && item.isLeased()
          && item.token == request.getTokens(i)
          && item.session == 0) {
        item.leaseUntilMs = nowMs + request.getVisibilityTimeoutMs();
      } else {
        refused.add(stale(request.getIds(i), request.getTokens(i)));
      }
    }
    return new Outcome.Settled(refused);
  }

  private Outcome configure(ConfigureQueueRequest request) {
    Queue queue = queue(request.getQueue());
    QueueSettings settings = request.getSettings();
    if (settings.hasMaxLength()) {
      queue.maxLength = settings.getMaxLength();
    }
    if (settings.hasRetainedMax()) {
      queue.retainedMax = settings.getRetainedMax();
    }
    return new Outcome.Configured(queue.info());
  }

  private void giveBack(Item item, Leasing.Return why) {
    release(item);
    switch (why) {
      case UNSTARTED -> {
        item.returns++;
        item.attempts--;
        item.queue.returns++;
      }
      case CRASHED -> {
        item.crashes++;
        item.queue.crashes++;
      }
      case EXPIRED -> {
        item.expiries++;
        item.queue.expiries++;
      }
    }
    if (why == Leasing.Return.CRASHED && item.crashes >= 3) {
      item.state = TaskState.TASK_STATE_QUARANTINED;
      item.queue.quarantined++;
      sequence++;
      finished.add(item.id);
    } else {
      item.state = TaskState.TASK_STATE_READY;
      item.queue.ready.add(item.id);
    }
  }

  private static void release(Item item) {
    item.queue.leased--;
    item.token = 0;
    item.session = 0;
    item.leaseUntilMs = 0;
  }

  private List<Item> heldBy(long session) {
    return items.values().stream()
        .filter(item -> session != 0 && item.isLeased() && item.session == session)
        .toList();
  }

  private @Nullable Outcome known(@Nullable RequestId request) {
    Client client = request == null ? null : clients.get(request.getSession());
    if (request == null || client == null) {
      return null;
    }
    Outcome answer = client.answers.get(request.getNumber());
    if (answer != null) {
      return answer;
    }
    if (request.getNumber() < client.answeredBelow) {
      return refused(RefusalReason.REFUSAL_REASON_FORGOTTEN_REQUEST);
    }
    return client.answers.tailMap(request.getAnsweredBelow()).size() >= MachineRig.OUTSTANDING_MAX
        ? refused(RefusalReason.REFUSAL_REASON_BAD_REQUEST)
        : null;
  }

  private void remember(@Nullable RequestId request, Outcome outcome) {
    if (request != null) {
      Client client = clients.computeIfAbsent(request.getSession(), key -> new Client());
      if (request.getAnsweredBelow() > client.answeredBelow) {
        client.answeredBelow = request.getAnsweredBelow();
        client.answers.headMap(client.answeredBelow).clear();
      }
      client.answers.put(request.getNumber(), outcome);
    }
  }

  private Queue queue(String name) {
    return queues.computeIfAbsent(name, Queue::new);
  }

  private Item item(long id) {
    Item item = items.get(id);
    if (item == null) {
      throw new IllegalStateException("the model lost task " + id);
    }
    return item;
  }

  private static Outcome refused(RefusalReason reason) {
    return new Outcome.Refused(reason, "");
  }
}
