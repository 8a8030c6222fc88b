package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One random history: machine and model side by side, compared after every step. */
final class SimulatedHistory {
  /** One lease that was ever handed out: current or long stale. */
  private record Attempt(long id, long token, long session) {}

  private static final List<String> QUEUES = List.of("a", "b", "results");
  private static final ByteString LARGE = ByteString.copyFrom(new byte[1_500_000]);
  private static final ByteString MIDDLE = ByteString.copyFrom(new byte[300_000]);
  private static final List<String> TENANTS = List.of("", "t1", "t2", "t3");
  private static final List<String> GROUPS = List.of("", "", "g1", "g2");
  private static final List<Map<String, String>> LABELS =
      List.of(Map.of(), Map.of("gpu", "a"), Map.of("gpu", "b"), Map.of("gpu", "a", "zone", "1"));
  private static final List<TaskOptions> OPTIONS =
      List.of(
          TaskOptions.newBuilder().setHandler("keep").build(),
          TaskOptions.newBuilder()
              .setHandler("queue")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
              .setResultQueue("results")
              .build(),
          TaskOptions.newBuilder()
              .setHandler("drop")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build());

  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(store);
  private final ReferenceModel model = new ReferenceModel();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<Command> entry = new ArrayList<>();
  private final @Nullable List<String> told;
  private int payloads;

  /**
   * @param told gets what happens, for a person; null: nobody asks
   */
  SimulatedHistory(@Nullable List<String> told) {
    this.told = told;
  }

  /** Does what this number means now. */
  void step(long number) {
    Random random = new Random(number);
    int kind = random.nextInt(100);
    rig.clockMs += random.nextInt(4) == 0 ? random.nextInt(40) : 0;
    if (kind < 12) {
      maintain(random);
      return;
    }
    Command command = command(kind, random);
    entry.add(command);
    if (random.nextInt(4) > 0) {
      applyEntry();
    }
  }

  private void maintain(Random random) {
    applyEntry();
    int kind = random.nextInt(12);
    if (kind < 3) {
      tell("roll");
      rig.roll();
    } else if (kind < 5) {
      tell("commit");
      rig.commit();
    } else if (kind < 7) {
      tell("flushed");
      rig.flushed();
    } else if (kind < 8) {
      tell("flush");
      rig.flush();
    } else if (kind < 10) {
      rig.clockMs += random.nextInt(2_000) - 500;
      tell("clock " + rig.clockMs);
    } else {
      tell("crash");
      rig.crash();
      compare();
    }
  }

  /** Everything that is ready comes out in the end, in order; and again after a restart. */
  void finish() {
    applyEntry();
    compareTasks();
    rig.crash();
    compareTasks();
    rig.flush();
    rig.crash();
    compare();
    compareTasks();
    List<String> drift = Recount.of(store).getDriftList();
    check(drift.isEmpty(), () -> "the recount finds " + drift);
    check(
        store.taskCount() == model.items.size() && store.placeCount() == model.items.size(),
        "the store has "
            + store.taskCount()
            + " tasks in "
            + store.placeCount()
            + " places, expected "
            + model.items.size());
    QUEUES.forEach(this::drain);
  }

  /** A worker that has everything runs whatever waits, as soon as it may. */
  private void drain(String queue) {
    ConfigureQueueRequest.Builder goOn = ConfigureQueueRequest.newBuilder().setQueue(queue);
    goOn.getSettingsBuilder().setPaused(false);
    entry.add(Command.newBuilder().setConfigureQueue(goOn).build());
    applyEntry();
    for (Map<String, String> labels : List.of(LABELS.get(3), LABELS.get(2))) {
      OpenSession.Builder worker =
          OpenSession.newBuilder()
              .setKey(ByteString.copyFromUtf8("drain-" + queue + labels))
              .putAllLabels(labels);
      entry.add(Command.newBuilder().setOpenSession(worker).build());
      applyEntry();
      long session = model.sequence;
      for (int left = 10_000; left > 0 && !isEmpty(queue); left--) {
        for (ReferenceModel.Item item : List.copyOf(model.items.values())) {
          if (item.isLeased() && item.queue.name.equals(queue)) {
            giveUp(item);
          }
        }
        entry.add(lease(queue, session, 7));
        applyEntry();
        ReferenceModel.Queue known = model.queues.get(queue);
        if (known != null && known.leasedItems.isEmpty() && !waitForSupply(queue)) {
          break;
        }
      }
    }
    check(isEmpty(queue), "queue " + queue + " does not run empty");
  }

  /** Ends a lease by failure, so that it makes room and adds nothing. */
  private void giveUp(ReferenceModel.Item item) {
    Settlement.Builder settlement =
        Settlement.newBuilder()
            .addFailed(FailedAttempt.newBuilder().setId(item.id).setToken(item.token));
    Settle.Builder settle = Settle.newBuilder().setSettlement(settlement).setSession(item.session);
    ReferenceModel.Session known = model.sessions.get(item.session);
    if (known != null) {
      settle.setNumber(known.settledUpto + 1);
    }
    entry.add(Command.newBuilder().setSettle(settle).build());
    applyEntry();
  }

  /**
   * Lets time pass until there is something to lease, as the machine says; false: time is no help.
   */
  private boolean waitForSupply(String queue) {
    Supply supply = supplies().get(queue);
    if (supply == null || supply.nextAtMs() == Long.MAX_VALUE) {
      return false;
    }
    rig.clockMs = Math.max(rig.clockMs, supply.nextAtMs());
    return true;
  }

  private Map<String, Supply> supplies() {
    Map<String, Supply> all = new HashMap<>();
    rig.machine.waiting(all::put);
    return all;
  }

  private boolean isEmpty(String queue) {
    ReferenceModel.Queue known = model.queues.get(queue);
    return known == null || known.ready.isEmpty();
  }

  private void applyEntry() {
    if (entry.isEmpty()) {
      return;
    }
    List<Command> commands = List.copyOf(entry);
    entry.clear();
    model.begin(rig.clockMs);
    int finishedBefore = model.finished.size();
    List<Outcome> expected = new ArrayList<>();
    for (Command command : commands) {
      expected.add(model.apply(command, rig.index() + 1));
      if (told != null) {
        told.add(rig.index() + 1 + ": " + text(command));
      }
    }
    model.end();
    rig.finished.clear();
    List<Outcome> found = rig.apply(commands);
    for (int i = 0; i < commands.size(); i++) {
      if (told != null) {
        told.add("   came to " + text(found.get(i)));
      }
      if (!isSame(expected.get(i), found.get(i))) {
        check(false, "expected " + text(expected.get(i)) + ", found " + text(found.get(i)));
      }
      note(commands.get(i), found.get(i));
    }
    check(
        rig.finished.equals(model.finished.subList(finishedBefore, model.finished.size())),
        "finished: " + rig.finished);
    compare();
  }

  private static boolean isSame(Outcome expected, Outcome found) {
    if (expected instanceof Outcome.Refused one && found instanceof Outcome.Refused other) {
      return one.reason() == other.reason();
    }
    if (expected instanceof Outcome.Configured one && found instanceof Outcome.Configured other) {
      return one.queue().equals(counts(other.queue()));
    }
    return expected.equals(found);
  }

  private void note(Command command, Outcome outcome) {
    if (outcome instanceof Outcome.Leased leased) {
      for (Offer offer : leased.offers()) {
        for (long id : offer.getIdsList()) {
          attempts.add(new Attempt(id, offer.getToken(), command.getLease().getSession()));
        }
      }
    }
  }

  private void compare() {
    QueueMachine machine = rig.machine;
    check(machine.unconserved().isEmpty(), "not conserved: " + machine.unconserved());
    check(machine.nowMs() == model.nowMs || model.nowMs == 0, "time is " + machine.nowMs());
    Map<String, Supply> supplies = supplies();
    for (ReferenceModel.Queue queue : model.queues.values()) {
      check(
          queue.info().equals(counts(machine.queue(queue.name))),
          () -> "expected " + queue.info() + ", found " + machine.queue(queue.name));
      compareSupply(queue, Objects.requireNonNull(supplies.get(queue.name)));
    }
    Set<Long> leased = new HashSet<>();
    machine.leased(
        (queue, id, token, session, until) -> {
          ReferenceModel.Item item = model.items.get(id);
          check(leased.add(id), "task " + id + " is leased twice");
          check(
              item != null
                  && item.isLeased()
                  && item.token == token
                  && item.session == session
                  && item.leaseUntilMs == until,
              "lease of " + id + " under " + token);
        });
    check(
        leased.size() == model.items.values().stream().filter(i -> i.isLeased()).count(),
        "leased are " + leased);
    long[] sessions = model.sessions.keySet().stream().mapToLong(Long::longValue).toArray();
    check(java.util.Arrays.equals(sessions, machine.sessions()), "sessions differ");
  }

  private void compareSupply(ReferenceModel.Queue queue, Supply supply) {
    Supply heard = rig.waiting.get(queue.name);
    check(supply.room() == queue.room(), "room in " + queue.name + " is " + supply.room());
    check(supply.nextAtMs() > model.nowMs, "time has come for " + queue.name + ": " + supply);
    check(
        queue.hasRates() || (heard == null && queue.ready.isEmpty()) || supply.equals(heard),
        () -> "the leader heard of " + heard + " in " + queue.name + ", where it is " + supply);
    Set<List<Object>> expected = new HashSet<>();
    if (!queue.isHeldBack(model.nowMs)) {
      queue
          .open(model.nowMs)
          .forEach(item -> expected.add(List.of(item.options.getRequiresMap(), item.cost())));
    }
    Set<List<Object>> found = new HashSet<>();
    for (PoolSupply pool : supply.pools()) {
      if (pool.leasable() > 0) {
        found.add(List.of(pool.requires(), pool.cost()));
      }
    }
    check(
        expected.equals(found),
        () -> "leasable in " + queue.name + " is " + supply + ", expected of " + expected);
  }

  /** Without what the model does not count. */
  private static @Nullable QueueInfo counts(@Nullable QueueInfo info) {
    return info == null ? null : info.toBuilder().clearKeptBytes().clearLeasable().build();
  }

  private void compareTasks() {
    for (long id = 1; id <= model.sequence; id++) {
      long task = id;
      TaskInfo found = rig.machine.task(id, true);
      ReferenceModel.Item item = model.items.get(id);
      if (item == null) {
        check(
            found.getState() == TaskState.TASK_STATE_UNKNOWN || found.getFromHistory(),
            "task " + id + " is gone");
        continue;
      }
      boolean succeeded = item.state == TaskState.TASK_STATE_SUCCEEDED;
      check(
          found.getState() == item.state
              && found.getAttempts() == item.attempts
              && found.getFailures() == item.failures
              && found.getCrashes() == item.crashes
              && found.getReturns() == item.returns
              && found.getExpiries() == item.expiries
              && found.getToken() == item.token
              && found.getQueue().equals(item.queue.name)
              && found.getOptions().equals(item.options)
              && found.getPayloadBytes() == item.payload.size()
              && found.getPayload().equals(succeeded ? ByteString.EMPTY : item.payload)
              && found.getResult().equals(item.result),
          () -> "task " + task + " is " + found.toBuilder().clearPayload().build());
    }
  }

  private Command command(int kind, Random random) {
    if (kind < 35) {
      return enqueue(random);
    } else if (kind < 55) {
      return lease(queue(random), someSession(random), 1 + random.nextInt(12));
    } else if (kind < 78) {
      return settle(random);
    } else if (kind < 84) {
      return open(random);
    } else if (kind < 87) {
      return Command.newBuilder()
          .setCloseSession(
              CloseSession.newBuilder()
                  .setSession(someSession(random))
                  .setLost(random.nextBoolean())
                  .addAllStartedIds(someIds(random)))
          .build();
    } else if (kind < 90) {
      return Command.newBuilder()
          .setReturnUnstarted(
              ReturnUnstarted.newBuilder()
                  .setSession(someSession(random))
                  .addAllStartedIds(someIds(random)))
          .build();
    } else if (kind < 94) {
      ExpireLeases.Builder expire = ExpireLeases.newBuilder();
      some(random, 8).forEach(a -> expire.addIds(a.id).addTokens(a.token));
      return Command.newBuilder().setExpireLeases(expire).build();
    } else if (kind < 96) {
      ExtendRequest.Builder extend = ExtendRequest.newBuilder().setVisibilityTimeoutMs(700);
      some(random, 4).forEach(a -> extend.addIds(a.id).addTokens(a.token));
      return Command.newBuilder().setExtend(extend).build();
    }
    if (kind < 97) {
      return Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build();
    }
    if (kind < 98) {
      return configureTenant(random);
    }
    return configure(random);
  }

  private Command configure(Random random) {
    String queue = queue(random);
    ConfigureQueueRequest.Builder configure = ConfigureQueueRequest.newBuilder().setQueue(queue);
    QueueSettings.Builder settings = configure.getSettingsBuilder();
    if (random.nextBoolean()) {
      settings.setMaxLength(random.nextInt(3) == 0 ? 0 : 5 + random.nextInt(30));
    }
    if (random.nextBoolean()) {
      settings.setRetainedMax(random.nextInt(8));
    }
    switch (random.nextInt(8)) {
      case 0 -> settings.setConcurrency(random.nextInt(5));
      case 1 -> settings.setRate(rate(random));
      case 2 -> settings.setTenantConcurrency(random.nextInt(3));
      case 3 -> settings.setTenantRate(rate(random));
      case 4, 5 -> settings.setAgeingMs(random.nextBoolean() ? 0 : 1 + random.nextInt(900));
      case 6 -> settings.setPaused(random.nextInt(3) == 0);
      default -> {}
    }
    return Command.newBuilder().setConfigureQueue(configure).build();
  }

  private static Rate rate(Random random) {
    return Rate.newBuilder()
        .setCount(random.nextInt(7))
        .setPeriodMs(random.nextInt(3) * 700L)
        .setBurst(random.nextInt(4))
        .build();
  }

  private static Command configureTenant(Random random) {
    ConfigureTenantRequest.Builder configure =
        ConfigureTenantRequest.newBuilder()
            .setQueue("a")
            .setTenant(TENANTS.get(random.nextInt(TENANTS.size())));
    if (random.nextBoolean()) {
      configure.setWeight(1 + random.nextInt(300));
    }
    if (random.nextInt(3) == 0) {
      configure.setConcurrency(random.nextInt(4));
    }
    if (random.nextInt(3) == 0) {
      configure.setRate(rate(random));
    }
    return Command.newBuilder().setConfigureTenant(configure).build();
  }

  private Command enqueue(Random random) {
    String queue = queue(random);
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder()
            .setQueue(queue)
            .setOptions(OPTIONS.get(random.nextInt(OPTIONS.size())));
    if (random.nextBoolean()) {
      request.getOptionsBuilder().setPriority(random.nextInt(10));
    }
    boolean plain = queue.equals("b") || random.nextInt(3) == 0;
    if (!plain) {
      request
          .getOptionsBuilder()
          .setCost(random.nextInt(4))
          .putAllRequires(LABELS.get(Math.max(0, random.nextInt(6) - 2)));
    }
    if (random.nextInt(3) == 0) {
      request.setRequest(requestId("producer", random));
    }
    for (int left = 1 + random.nextInt(10); left > 0; left--) {
      request.addPayloads(payload(random));
      if (!plain) {
        request.addTenants(TENANTS.get(random.nextInt(TENANTS.size())));
        request.addGroups(GROUPS.get(random.nextInt(GROUPS.size())));
      }
    }
    return Command.newBuilder().setEnqueue(request).build();
  }

  private ByteString payload(Random random) {
    int size = random.nextInt(10);
    return size < 2 ? LARGE : size < 4 ? MIDDLE : ByteString.copyFromUtf8("p" + ++payloads);
  }

  private RequestId requestId(String kind, Random random) {
    ByteString client = ByteString.copyFromUtf8(kind + random.nextInt(2));
    ReferenceModel.Client known = model.clients.get(client);
    long next = known == null || known.answers.isEmpty() ? 1 : known.answers.lastKey() + 1;
    long number = Math.max(1, next - (random.nextInt(3) == 0 ? random.nextInt(5) : 0));
    long below = random.nextBoolean() ? 0 : Math.max(0, number - random.nextInt(4));
    return RequestId.newBuilder()
        .setSession(client)
        .setNumber(number)
        .setAnsweredBelow(below)
        .build();
  }

  private Command lease(String queue, long session, int max) {
    Lease.Builder lease = Lease.newBuilder().setQueue(queue).setSession(session).setMax(max);
    if (session == 0) {
      lease.setVisibilityTimeoutMs(500);
    }
    return Command.newBuilder().setLease(lease).build();
  }

  private Command settle(Random random) {
    Settlement.Builder settlement = Settlement.newBuilder().setResultContentType("text/plain");
    List<Attempt> chosen = some(random, 6);
    long session = chosen.isEmpty() ? 0 : chosen.get(0).session;
    if (random.nextInt(10) == 0) {
      session = someSession(random);
    }
    for (Attempt attempt : chosen) {
      long token = random.nextInt(12) == 0 ? attempt.token + 1 : attempt.token;
      int kind = random.nextInt(10);
      if (kind < 6) {
        settlement
            .addCompletedIds(attempt.id)
            .addCompletedTokens(token)
            .addResults(payload(random))
            .addCompletedRunUs(runUs(random));
      } else if (kind < 8) {
        settlement.addReturnedIds(attempt.id).addReturnedTokens(token);
      } else {
        settlement.addFailed(
            FailedAttempt.newBuilder()
                .setId(attempt.id)
                .setToken(token)
                .setRunUs(runUs(random))
                .setFailure(Failure.newBuilder().setKind("Boom")));
      }
    }
    Settle.Builder settle = Settle.newBuilder().setSettlement(settlement).setSession(session);
    ReferenceModel.Session known = model.sessions.get(session);
    if (known != null) {
      int wrong = random.nextInt(10);
      settle.setNumber(known.settledUpto + (wrong == 0 ? 2 : wrong == 1 ? 0 : 1));
    } else if (session == 0 && random.nextInt(3) == 0) {
      settle.setRequest(requestId("consumer", random));
    }
    return Command.newBuilder().setSettle(settle).build();
  }

  private static int runUs(Random random) {
    return random.nextInt(3) == 0 ? 0 : 1 << random.nextInt(27);
  }

  private Command open(Random random) {
    OpenSession.Builder open =
        OpenSession.newBuilder()
            .setKey(ByteString.copyFromUtf8("worker" + random.nextInt(3)))
            .setWorker("w@h:1")
            .setSlots(random.nextInt(6))
            .putAllLabels(LABELS.get(random.nextInt(LABELS.size())));
    if (random.nextBoolean()) {
      Set<Long> once = new HashSet<>();
      for (Attempt attempt : some(random, 6)) {
        if (once.add(attempt.id)) {
          open.addHeldIds(attempt.id).addHeldTokens(attempt.token);
        }
      }
    }
    return Command.newBuilder().setOpenSession(open).build();
  }

  private String queue(Random random) {
    return QUEUES.get(random.nextInt(QUEUES.size()));
  }

  private long someSession(Random random) {
    List<Long> open = List.copyOf(model.sessions.keySet());
    return open.isEmpty() || random.nextInt(3) == 0 ? 0 : open.get(random.nextInt(open.size()));
  }

  /** Some attempts, the later ones more often. */
  private List<Attempt> some(Random random, int max) {
    List<Attempt> chosen = new ArrayList<>();
    for (int left = random.nextInt(max + 1); left > 0 && !attempts.isEmpty(); left--) {
      int back =
          random.nextInt(random.nextBoolean() ? attempts.size() : Math.min(10, attempts.size()));
      chosen.add(attempts.get(attempts.size() - 1 - back));
    }
    return chosen;
  }

  private List<Long> someIds(Random random) {
    return some(random, 6).stream().map(Attempt::id).toList();
  }

  private void tell(String what) {
    if (told != null) {
      told.add(what);
    }
  }

  /** Without the payloads, which are large and say nothing. */
  private static String text(Command command) {
    Command.Builder shorter = command.toBuilder();
    if (command.hasEnqueue()) {
      int count = command.getEnqueue().getPayloadsCount();
      shorter.getEnqueueBuilder().clearPayloads();
      return oneLine(shorter) + " payloads: " + count;
    }
    if (command.hasSettle()) {
      shorter.getSettleBuilder().getSettlementBuilder().clearResults();
    }
    return oneLine(shorter);
  }

  private static String text(Outcome outcome) {
    if (outcome instanceof Outcome.Leased leased) {
      List<List<Long>> ids = leased.offers().stream().map(Offer::getIdsList).toList();
      return "Leased[" + leased.count() + ": " + ids + ", until " + leased.leaseUntilMs() + "]";
    }
    return outcome.toString().replace('\n', ' ');
  }

  private static String oneLine(Command.Builder command) {
    return command.toString().replaceAll("\\s+", " ");
  }

  private static void check(boolean right, String otherwise) {
    check(right, () -> otherwise);
  }

  private static void check(boolean right, Supplier<String> otherwise) {
    if (!right) {
      throw new AssertionError(otherwise.get());
    }
  }
}
