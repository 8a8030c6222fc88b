package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.Settle;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TenantInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the queues once more, in plain maps and lists, with no thought of speed, memory or
 * disk: what {@link QueueMachine} must answer.
 */
final class ReferenceModel {
  /** Payload and option bytes that one lease carries at most, unless it is a single task. */
  private static final long LEASE_BYTES_MAX = 3 << 20;

  static final class Session {
    final long number;
    final ByteString key;
    final Map<String, String> labels;
    final int slots;
    long settledUpto;

    Session(long number, OpenSession command) {
      this.number = number;
      this.key = command.getKey();
      this.labels = command.getLabelsMap();
      this.slots = command.getSlots();
    }
  }

  static final class Client {
    long answeredBelow;
    final TreeMap<Long, Outcome> answers = new TreeMap<>();
  }

  final Map<String, ReferenceQueue> queues = new TreeMap<>();
  final Map<Long, ReferenceItem> items = new TreeMap<>();
  final Map<Long, Session> sessions = new TreeMap<>();
  final Map<ByteString, Client> clients = new HashMap<>();
  final List<Long> finished = new ArrayList<>();

  /** Queues that the entry under way changes. */
  private final Set<ReferenceQueue> touched = new HashSet<>();

  long sequence;
  long nowMs;

  void begin(long stampMs) {
    nowMs = Math.max(nowMs, stampMs);
  }

  void end() {
    touched.forEach(queue -> queue.tidy(nowMs));
    touched.clear();
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
        for (ReferenceItem item : heldBy(number)) {
          boolean crashed = command.getCloseSession().getLost() && started.contains(item.id);
          giveBack(item, crashed ? Leasing.Return.CRASHED : Leasing.Return.UNSTARTED);
        }
        sessions.remove(number);
        yield new Outcome.Done();
      }
      case RETURN_UNSTARTED -> {
        Set<Long> started = new HashSet<>(command.getReturnUnstarted().getStartedIdsList());
        for (ReferenceItem item : heldBy(command.getReturnUnstarted().getSession())) {
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
        items.values().stream()
            .filter(item -> item.isLeased() && item.session == 0 && item.leaseUntilMs <= nowMs)
            .sorted(Comparator.comparingLong((ReferenceItem item) -> item.leaseUntilMs))
            .forEach(item -> giveBack(item, Leasing.Return.EXPIRED));
        yield new Outcome.Advanced(false);
      }
      case CONFIGURE_QUEUE -> configure(command.getConfigureQueue());
      case CONFIGURE_TENANT -> configure(command.getConfigureTenant());
      default -> throw new IllegalArgumentException("no rule for " + command.getVerbCase());
    };
  }

  private Outcome enqueue(EnqueueRequest request) {
    Outcome known = known(request.hasRequest() ? request.getRequest() : null);
    if (known != null) {
      return known;
    }
    ReferenceQueue queue = queue(request.getQueue());
    if (request.getOptions().getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE) {
      queue(request.getOptions().getResultQueue());
    }
    touched.add(queue);
    if (queue.room() < request.getPayloadsCount()) {
      return refused(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    }
    long first = sequence + 1;
    for (int i = 0; i < request.getPayloadsCount(); i++) {
      String tenant = SharedKeys.tenant(request, i);
      String group = SharedKeys.group(request, i);
      add(queue, request.getOptions(), request.getPayloads(i), tenant, group);
    }
    Outcome outcome = new Outcome.Enqueued(first, request.getPayloadsCount());
    remember(request.hasRequest() ? request.getRequest() : null, outcome);
    return outcome;
  }

  private void add(
      ReferenceQueue queue, TaskOptions options, ByteString payload, String tenant, String group) {
    ReferenceItem item =
        new ReferenceItem(++sequence, queue, options, payload, tenant, group, nowMs);
    items.put(item.id, item);
    queue.enter(item);
    queue.enqueued++;
    touched.add(queue);
  }

  private Outcome lease(Lease command, long index) {
    ReferenceQueue queue = queues.get(command.getQueue());
    Session session = sessions.get(command.getSession());
    if (queue == null || (command.getSession() != 0 && session == null)) {
      return new Outcome.Leased(List.of(), 0, 0, 0);
    }
    List<ReferenceItem> taken = new ArrayList<>();
    long bytes = 0;
    long cost = 0;
    TaskOptions last = null;
    touched.add(queue);
    while ((session == null ? taken.size() : cost) < command.getMax()) {
      ReferenceItem item = queue.next(session, nowMs);
      if (item == null || (session != null && cost + item.cost() > command.getMax())) {
        break;
      }
      bytes += item.payload.size();
      if (!item.options.equals(last)) {
        bytes += item.options.getSerializedSize();
        last = item.options;
      }
      if (!taken.isEmpty() && bytes > LEASE_BYTES_MAX) {
        break;
      }
      taken.add(item);
      cost += item.cost();
      queue.tenant(item.tenant).leases(nowMs);
      queue.bucketUs = queue.limit().take(queue.bucketUs, nowMs * 1_000);
      queue.ready.remove(item.id);
      queue.leasedItems.put(item.id, item);
      item.offeredMs = nowMs;
      item.state = TaskState.TASK_STATE_RUNNING;
      item.token = index;
      item.session = command.getSession();
      item.attempts++;
      item.leaseUntilMs = session == null ? nowMs + command.getVisibilityTimeoutMs() : 0;
    }
    return new Outcome.Leased(
        offers(queue.name, index, taken),
        taken.size(),
        cost,
        session == null ? nowMs + command.getVisibilityTimeoutMs() : 0);
  }

  private static List<Offer> offers(String queue, long token, List<ReferenceItem> taken) {
    List<List<ReferenceItem>> groups = new ArrayList<>();
    for (ReferenceItem item : taken) {
      if (groups.isEmpty() || !groups.get(groups.size() - 1).get(0).options.equals(item.options)) {
        groups.add(new ArrayList<>());
      }
      groups.get(groups.size() - 1).add(item);
    }
    List<Offer> offers = new ArrayList<>();
    for (List<ReferenceItem> group : groups) {
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
      ReferenceItem item =
          held(settlement.getCompletedIds(i), settlement.getCompletedTokens(i), session, refused);
      if (item != null) {
        long runUs = settlement.getCompletedRunUsCount() == 0 ? 0 : settlement.getCompletedRunUs(i);
        complete(item, settlement.getResults(i), settlement.getResultContentType(), runUs);
      }
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      ReferenceItem item = held(failed.getId(), failed.getToken(), session, refused);
      if (item != null) {
        release(item, (long) failed.getRunUs());
        item.state = TaskState.TASK_STATE_FAILED;
        item.failures++;
        item.queue.failed++;
        sequence++;
        finished.add(item.id);
      }
    }
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      ReferenceItem item =
          held(settlement.getReturnedIds(i), settlement.getReturnedTokens(i), session, refused);
      if (item != null) {
        giveBack(item, Leasing.Return.UNSTARTED);
      }
    }
    return refused;
  }

  private void complete(ReferenceItem item, ByteString result, String contentType, long runUs) {
    release(item, runUs);
    ReferenceQueue queue = item.queue;
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
      add(queue(item.options.getResultQueue()), options, result, "", "");
    } else if (item.options.getResultPolicy() == ResultPolicy.RESULT_POLICY_DROP) {
      items.remove(item.id);
    } else {
      sequence++;
      item.result = result;
      queue.retained.add(item.id);
      forgetOldest(queue);
    }
  }

  private void forgetOldest(ReferenceQueue queue) {
    while (queue.retained.size() > queue.settings.getRetainedMax()) {
      touched.add(queue);
      items.remove(queue.retained.remove());
    }
  }

  private @Nullable ReferenceItem held(
      long id, long token, long session, List<RefusedAttempt> refused) {
    ReferenceItem item = items.get(id);
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
        for (ReferenceItem item : heldBy(session.number)) {
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
    Session session = new Session(++sequence, command);
    sessions.put(session.number, session);
    return new Outcome.Opened(session.number, false, 0, List.of());
  }

  private Outcome expire(ExpireLeases command) {
    for (int i = 0; i < command.getIdsCount(); i++) {
      ReferenceItem item = items.get(command.getIds(i));
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
      ReferenceItem item = items.get(request.getIds(i));
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
    ReferenceQueue queue = queue(request.getQueue());
    QueueSettings changes = request.getSettings();
    QueueSettings before = queue.settings;
    QueueSettings.Builder settings = before.toBuilder().mergeFrom(changes);
    if (changes.hasRate()) {
      settings.setRate(changes.getRate());
    }
    if (changes.hasTenantRate()) {
      settings.setTenantRate(changes.getTenantRate());
    }
    Map<ReferenceTenant, RateLimit> limits = new HashMap<>();
    queue.named.values().forEach(tenant -> limits.put(tenant, tenant.limit()));
    queue.settings = settings.build();
    if (!queue.settings.getRate().equals(before.getRate())) {
      queue.bucketUs = 0;
    }
    limits.forEach(
        (tenant, limit) -> tenant.bucketUs = tenant.limit().equals(limit) ? tenant.bucketUs : 0);
    touched.add(queue);
    return new Outcome.Configured(queue.info());
  }

  private Outcome configure(ConfigureTenantRequest request) {
    ReferenceQueue queue = queue(request.getQueue());
    ReferenceTenant tenant = queue.tenant(request.getTenant());
    RateLimit limit = tenant.limit();
    if (request.hasWeight()) {
      tenant.weight = request.getWeight();
      tenant.hasWeight = true;
    }
    if (request.hasConcurrency()) {
      tenant.concurrency = request.getConcurrency();
    }
    if (request.hasRate()) {
      boolean own = request.getRate().getCount() > 0;
      tenant.rate = own ? request.getRate() : Rate.getDefaultInstance();
    }
    tenant.bucketUs = tenant.limit().equals(limit) ? tenant.bucketUs : 0;
    touched.add(queue);
    return new Outcome.TenantConfigured(
        TenantInfo.newBuilder()
            .setTenant(tenant.name)
            .setWeight(tenant.weight)
            .setConcurrency(tenant.concurrency)
            .setRate(tenant.rate)
            .setWaiting(tenant.waiting())
            .setRunning(tenant.running())
            .setVirtualTimeUs(tenant.turnUs())
            .build());
  }

  private void giveBack(ReferenceItem item, Leasing.Return why) {
    release(item, why == Leasing.Return.UNSTARTED ? null : 0L);
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
      item.queue.enter(item);
    }
  }

  /**
   * @param measuredUs 0: from the lease until now; null: it never ran
   */
  private void release(ReferenceItem item, @Nullable Long measuredUs) {
    ReferenceQueue queue = item.queue;
    touched.add(queue);
    queue.leasedItems.remove(item.id);
    Long sinceUs = (nowMs - item.offeredMs) * 1_000;
    Long runUs = measuredUs != null && measuredUs == 0 ? sinceUs : measuredUs;
    queue.tenant(item.tenant).released(runUs);
    if (runUs == null && !queue.limit().isNone()) {
      queue.bucketUs = queue.limit().giveBack(queue.bucketUs);
    }
    item.token = 0;
    item.session = 0;
    item.leaseUntilMs = 0;
  }

  private List<ReferenceItem> heldBy(long session) {
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

  private ReferenceQueue queue(String name) {
    return queues.computeIfAbsent(name, ReferenceQueue::new);
  }

  private static Outcome refused(RefusalReason reason) {
    return new Outcome.Refused(reason, "");
  }
}
