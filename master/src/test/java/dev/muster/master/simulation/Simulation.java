package dev.muster.master.simulation;

import dev.muster.master.queue.Inspection;
import dev.muster.master.queue.PlannedSchedule;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Recount;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.VerifyReply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One history: steps with faults, then rest, in which every promise has to come true. */
final class Simulation {
  private static final List<String> WORK = List.of(Workload.PLAIN, Workload.SMALL, Workload.DROPS);
  private static final List<String> SERVED =
      Stream.concat(WORK.stream(), Workload.NEW.stream()).toList();
  private static final int WORKERS_MAX = 4;

  /** So many tasks are looked at for some that ended badly. */
  private static final int LOOKED_AT_MAX = 60;

  private static final long TEN_YEARS_MS = 10 * 365 * 86_400_000L;

  /** Everything must come to rest within so much virtual time after the last fault, ms. */
  private static final long REST_WITHIN_MS = 600_000;

  /** A fault may still be heard of so long after it, ms. */
  private static final long LAST_ECHO_MS = 75_000;

  private final World world;
  private final ScheduleLedger schedules;
  private final Ledger ledger;
  private final Workload workload;
  private SimulatedDisk disk;

  /** It never fails. */
  private final SimulatedOperator operator;

  private final SimulatedPlanner planner;
  private final SimulatedTuner tuner;
  private final LimitLedger limits = new LimitLedger();
  private final RemovalLedger removals;
  private final List<SimulatedProducer> producers = new ArrayList<>();
  private final List<SimulatedWorker> workers = new ArrayList<>();
  private final List<SimulatedAwaiter> awaiters = new ArrayList<>();
  private final SimulatedConsumer consumer;
  private final boolean calm;
  private SimulatedMaster master;
  private int names;

  /**
   * @param seed decides what holds for the whole history; the steps decide the rest
   * @param told gets what happens, for a person; null: nobody asks
   */
  Simulation(long seed, @Nullable List<String> told) {
    world = new World(told);
    world.reseed(seed);
    calm = seed % 10 == 0;
    world.faulty = !calm;
    // In most histories, what is long elsewhere is cut into steps here.
    disk = new SimulatedDisk(world.percent(70) ? 1 + world.roll(4) : 4_000);
    schedules = new ScheduleLedger(this::schedule, calm);
    ledger = new Ledger(this::stateOf, new TieLedger(this::stateOf, new Asked()), schedules);
    removals = new RemovalLedger(ledger);
    workload = new Workload(world, ledger, calm);
    operator = new SimulatedOperator(world, () -> master, this::stateOf);
    planner = new SimulatedPlanner(world, schedules, () -> master, Workload.PLAIN);
    tuner = new SimulatedTuner(world, () -> master, WORK);
    master = new SimulatedMaster(world, disk, limits, removals);
    consumer = new SimulatedConsumer("consumer", world, ledger, workload, () -> master);
    for (int i = 0; i < 2; i++) {
      producers.add(new SimulatedProducer("p" + i, world, ledger, () -> master));
      addWorker();
    }
    // The clock may jump: what has ended is kept all the same, so that it can be looked at.
    QueueSettings settings =
        QueueSettings.newBuilder()
            .setRetainedMs(TEN_YEARS_MS)
            .setDeadMs(TEN_YEARS_MS)
            .setQuarantineAfter(2)
            .build();
    operator.configure(Workload.PLAIN, settings);
    operator.configure(Workload.RESULTS, settings);
    operator.configure(
        Workload.SMALL, settings.toBuilder().setMaxLength(Workload.SMALL_LENGTH).build());
    operator.configure(
        Workload.DROPS,
        settings.toBuilder()
            .setMaxLength(Workload.SMALL_LENGTH)
            .setOverflow(Overflow.OVERFLOW_DROP_OLDEST)
            .build());
  }

  private void addWorker() {
    Map<String, String> labels = new HashMap<>();
    if (world.percent(60)) {
      labels.put("zone", world.percent(50) ? "a" : "b");
    }
    if (world.percent(30)) {
      labels.put("disk", "fast");
    }
    addWorker(new Capacity(slots(), labels));
  }

  private void addWorker(Capacity capacity) {
    workers.add(
        new SimulatedWorker(
            "w" + ++names, world, ledger, workload, () -> master, SERVED, capacity));
  }

  /** Together they can run whatever there is. */
  private void addWorkersForAll() {
    for (String zone : List.of("a", "b")) {
      int slots = Workload.COST_MAX + world.roll(3);
      addWorker(new Capacity(slots, Map.of("zone", zone, "disk", "fast")));
    }
  }

  /** Few of them have more slots than frames of theirs are read before the log takes them. */
  private int slots() {
    return world.roll(10) == 0 ? 30 : 1 + world.roll(5);
  }

  /** Does what this number means now. */
  void step(long number) {
    world.reseed(number);
    int kind = world.roll(100);
    if (kind < 25) {
      workload.enqueue(someProducer());
    } else if (kind < 28) {
      workload.join(someProducer(), some(6));
    } else if (kind < 31) {
      workload.graph(someProducer());
    } else if (kind < 34) {
      cancel();
    } else if (kind < 37) {
      bringBack();
    } else if (kind < 39) {
      planner.plan();
    } else if (kind < 41) {
      tune();
    } else if (kind < 50) {
      consumer.take(
          world.percent(60) ? Workload.RESULTS : Workload.PLAIN,
          1 + world.roll(4),
          world.roll(4) * 300);
    } else if (kind < 60) {
      await();
    } else if (kind < 65) {
      operate();
    } else if (world.faulty) {
      fail(kind);
    }
    long passMs = world.roll(10) == 0 ? world.roll(2_000) : world.roll(40);
    world.pass(world.faulty && world.roll(60) == 0 ? world.roll(20_000) : passMs);
  }

  private SimulatedProducer someProducer() {
    return producers.get(world.roll(producers.size()));
  }

  private void cancel() {
    if (!calm && world.percent(30)) {
      sweep(world.percent(50) ? Workload.SMALL : Workload.DROPS);
      return;
    }
    List<LedgerEntry> some = some(4);
    if (!calm && !some.isEmpty()) {
      operator.cancel(some, world.percent(50));
    }
  }

  /** Takes away whatever matches. */
  private void sweep(String queue) {
    if (world.percent(40)) {
      operator.purge(queue);
      return;
    }
    TaskFilter.Builder filter =
        TaskFilter.newBuilder()
            .setQueue(queue)
            .setState(
                switch (world.roll(3)) {
                  case 0 -> TaskState.TASK_STATE_READY;
                  case 1 -> TaskState.TASK_STATE_DELAYED;
                  default -> TaskState.TASK_STATE_RUNNING;
                });
    if (world.percent(30)) {
      filter.setHandler("keep");
    }
    if (world.percent(20)) {
      filter.setTenant("t" + world.roll(3));
    }
    operator.cancelAll(filter.build());
  }

  private void tune() {
    if (!calm) {
      tuner.tune();
    }
  }

  /** Tasks that ended badly are put back, or dropped. */
  private void bringBack() {
    if (calm) {
      return;
    }
    List<LedgerEntry> bad =
        some(LOOKED_AT_MAX).stream().filter(entry -> Ledger.isBad(stateOf(entry.id))).toList();
    if (bad.isEmpty()) {
      return;
    }
    List<LedgerEntry> some = new ArrayList<>();
    for (int left = 1 + world.roll(5); left > 0; left--) {
      some.add(bad.get(world.roll(bad.size())));
    }
    List<LedgerEntry> chosen = some.stream().distinct().toList();
    if (world.percent(80)) {
      operator.replay(chosen);
    } else {
      operator.drop(chosen);
    }
  }

  /** Some tasks that are known to be durable, the later ones more often. */
  private List<LedgerEntry> some(int most) {
    List<LedgerEntry> known = ledger.known();
    List<LedgerEntry> some = new ArrayList<>();
    for (int left = 1 + world.roll(most); left > 0 && !known.isEmpty(); left--) {
      int back = world.roll(world.percent(50) ? known.size() : Math.min(10, known.size()));
      some.add(known.get(known.size() - 1 - back));
    }
    return some;
  }

  private TaskState stateOf(long id) {
    return id == 0 ? TaskState.TASK_STATE_UNKNOWN : master.machine.task(id, false).getState();
  }

  private ScheduleInfo schedule(String name) {
    return master
        .machine
        .schedules()
        .find(name)
        .map(PlannedSchedule::info)
        .orElse(ScheduleInfo.getDefaultInstance());
  }

  /** What any client can ask. */
  private final class Asked implements TieLedger.Queries {
    @Override
    public TaskInfo task(long id) {
      return master.machine.task(id, false);
    }

    @Override
    public List<TaskResult> inputs(long id) {
      List<TaskResult> all = new ArrayList<>();
      int next = 0;
      do {
        Inspection.InputPage page =
            Objects.requireNonNull(master.machine.inspect().inputs(id, next));
        all.addAll(page.results());
        next = page.next();
      } while (next != 0);
      return all;
    }
  }

  private void await() {
    List<Long> ids = some(7).stream().map(entry -> entry.id).toList();
    awaiters.removeIf(SimulatedAwaiter::isIdle);
    if (!ids.isEmpty() && awaiters.size() < 10) {
      awaiters.add(new SimulatedAwaiter("a" + ++names, world, ledger, () -> master, ids));
    }
  }

  /** What people do, faults or not. */
  private void operate() {
    workers.removeIf(worker -> !worker.isAlive());
    if (workers.size() < WORKERS_MAX && (workers.size() < 2 || world.percent(60))) {
      addWorker();
    } else if (world.faulty) {
      someWorker().drain();
    }
  }

  private SimulatedWorker someWorker() {
    return workers.get(world.roll(workers.size()));
  }

  private void fail(int kind) {
    if (kind < 71) {
      someWorker().cut("by a fault");
    } else if (kind < 74) {
      awaiters.forEach(awaiter -> awaiter.cut("by a fault"));
    } else if (kind < 79) {
      pause(someWorker().process, 25_000);
    } else if (kind < 82) {
      someWorker().kill();
    } else if (kind < 85) {
      pause(master.process, 6_000);
    } else if (kind < 89) {
      world.clockOffByMs += world.between(-3_000, 3_000) * (world.roll(10) == 0 ? 1_000 : 1);
      world.tell(() -> "the clock is off by " + world.clockOffByMs);
    } else if (kind < 96) {
      SimulatedMaster now = master;
      world.after(world.roll(30), master.process, now.applier::rollWhenChanged);
    } else {
      SimulatedMaster now = master;
      world.after(world.roll(30), master.process, () -> crash(now));
    }
  }

  private void pause(World.Program process, int mostMs) {
    long ms = world.between(1, world.percent(70) ? 1_000 : mostMs);
    world.tell(() -> process.name + " is paused for " + ms + " ms");
    process.pausedUntilMs = Math.max(process.pausedUntilMs, world.nowMs + ms);
  }

  /** The process ends here; what was not fsynced may be lost, and a flush may just have made it. */
  private void crash(SimulatedMaster dying) {
    if (world.percent(30)) {
      dying.flush();
    }
    long applied = dying.machine.appliedIndex();
    disk.loseAfter(world.between(disk.durable, disk.appended));
    world.tell(() -> "the master crashes; applied " + applied + ", durable " + disk.durable);
    dying.process.dead = true;
    List.copyOf(dying.calls).forEach(call -> call.cut("the master crashed"));
    checkReplay(dying, applied);
    world.after(
        world.between(1, world.faulty ? 3_000 : 10),
        operator.process,
        () -> master = new SimulatedMaster(world, disk, limits, removals));
  }

  /** What the dying master knew is what its successor finds out. */
  private void checkReplay(SimulatedMaster dying, long applied) {
    SimulatedDisk left = disk.copy();
    SimulatedDisk tried = disk.copy();
    dying.flush();
    SortedMap<String, Object> before = StateDigest.of(dying.machine, disk.store());
    VerifyReply recounted = Recount.of(disk.store());
    World.check(recounted.getDriftCount() == 0, () -> "does not add up: " + recounted);
    disk = left;
    QueueMachine again = tried.newMachine();
    SimulatedMaster.replay(tried, again, applied, null);
    StateDigest.checkEqual(before, StateDigest.of(again, tried.store()));
  }

  /** No faults any more: everything comes to its end, in bounded time; and stays there. */
  void finish() {
    world.faulty = false;
    if (calm) {
      ledger.checkOrder();
    }
    workers.removeIf(worker -> !worker.isAlive());
    addWorkersForAll();
    planner.stop();
    tuner.stop();
    rest();
    // Late news of old faults, such as the end of a stream, has come by then, and sessions are
    // over.
    world.pass(LAST_ECHO_MS);
    planner.stop();
    tuner.stop();
    rest();
    ledger.beginOrder();
    for (int i = 0; i < 5; i++) {
      producers.get(i % 2).enqueue(workload.plain(), 4);
      world.pass(world.roll(10));
    }
    rest();
    ledger.checkOrder();
    ledger.checkAtRest(master.machine);
    limits.check(master.machine);
    crash(master);
    world.pass(100);
    rest();
    ledger.checkAtRest(master.machine);
    limits.check(master.machine);
  }

  private void rest() {
    long untilMs = world.nowMs + REST_WITHIN_MS;
    while (!isAtRest()) {
      World.check(world.nowMs < untilMs, () -> "no rest within the time: " + stuck());
      world.pass(100);
      releaseQuarantined();
      resume();
      if (waits(Workload.RESULTS)) {
        consumer.take(Workload.RESULTS, 10, 0);
      }
    }
  }

  /** What is set aside stays there until a person looks at it. */
  private void releaseQuarantined() {
    for (QueueInfo queue : master.machine.queues("", "", 100)) {
      if (queue.getQuarantined() > 0) {
        List<LedgerEntry> aside =
            ledger.known().stream()
                .filter(entry -> stateOf(entry.id) == TaskState.TASK_STATE_QUARANTINED)
                .toList();
        if (!aside.isEmpty() && world.percent(50)) {
          operator.cancel(aside, false);
        } else if (!aside.isEmpty()) {
          operator.replay(aside);
        }
        return;
      }
    }
  }

  /** A request that paused a queue may have come twice, and late. */
  private void resume() {
    for (String name : WORK) {
      QueueInfo queue = master.machine.queue(name);
      if (queue != null && queue.getSettings().getPaused() && tuner.isIdle()) {
        tuner.stop();
      }
    }
  }

  private boolean isAtRest() {
    return operator.isIdle()
        && planner.isIdle()
        && tuner.isIdle()
        && !master.process.dead
        && producers.stream().allMatch(SimulatedProducer::isIdle)
        && awaiters.stream().allMatch(SimulatedAwaiter::isIdle)
        && workers.stream().allMatch(SimulatedWorker::isIdle)
        && SERVED.stream().noneMatch(this::waits)
        && !waits(Workload.RESULTS);
  }

  private boolean waits(String name) {
    QueueInfo queue = master.machine.queue(name);
    return queue != null && queue.getReady() + queue.getOffered() + queue.getDelayed() > 0;
  }

  private String stuck() {
    return ledger.open()
        + "; producers "
        + producers.stream().filter(producer -> !producer.isIdle()).count()
        + ", awaiters "
        + awaiters.stream().filter(awaiter -> !awaiter.isIdle()).count()
        + ", workers "
        + workers.stream().filter(worker -> !worker.isIdle()).map(w -> w.process.name).toList()
        + ", queues "
        + master.machine.queues("", "", 100)
        + ", their tenants "
        + SERVED.stream().map(name -> master.machine.tenants(name, "", 100)).toList();
  }
}
