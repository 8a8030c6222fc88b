package dev.muster.master.simulation;

import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** One history: steps with faults, then rest, in which every promise has to come true. */
final class Simulation {
  private static final String PLAIN = "plain";
  private static final String SMALL = "small";
  private static final String RESULTS = "results";
  private static final List<String> WORK = List.of(PLAIN, SMALL);
  private static final int SMALL_LENGTH = 5;
  private static final int WORKERS_MAX = 4;
  private static final long TEN_YEARS_MS = 10 * 365 * 86_400_000L;

  /** Everything must come to rest within so much virtual time after the last fault, ms. */
  private static final long REST_WITHIN_MS = 600_000;

  /** A fault may still be heard of so long after it, ms. */
  private static final long LAST_ECHO_MS = 45_000;

  private static final RetryPolicy RETRY =
      RetryPolicy.newBuilder()
          .setMaxAttempts(3)
          .setBackoffMinMs(100)
          .setBackoffMaxMs(2_000)
          .build();

  private static final List<TaskOptions> OPTIONS =
      List.of(
          TaskOptions.newBuilder().setHandler("keep").build(),
          TaskOptions.newBuilder()
              .setHandler("queue")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
              .setResultQueue(RESULTS)
              .build(),
          TaskOptions.newBuilder()
              .setHandler("drop")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build());

  private final World world;
  private final Ledger ledger = new Ledger(this::stateOf);
  private SimulatedDisk disk = new SimulatedDisk();

  /** Whoever starts masters and workers again; it never fails. */
  private final World.Program operator = new World.Program("operator");

  private final List<SimulatedProducer> producers = new ArrayList<>();
  private final List<SimulatedWorker> workers = new ArrayList<>();
  private final List<SimulatedAwaiter> awaiters = new ArrayList<>();
  private final SimulatedConsumer consumer;
  private final boolean calm;
  private SimulatedMaster master;
  private int names;
  private final Set<String> unconfigured = new HashSet<>(Set.of(PLAIN, SMALL, RESULTS));

  /**
   * @param seed decides what holds for the whole history; the steps decide the rest
   * @param told gets what happens, for a person; null: nobody asks
   */
  Simulation(long seed, @Nullable List<String> told) {
    world = new World(told);
    world.reseed(seed);
    calm = seed % 10 == 0;
    world.faulty = !calm;
    master = new SimulatedMaster(world, disk);
    consumer = new SimulatedConsumer("consumer", world, ledger, () -> master);
    for (int i = 0; i < 2; i++) {
      producers.add(new SimulatedProducer("p" + i, world, ledger, () -> master));
      addWorker();
    }
    // The clock may jump: what has ended is kept all the same, so that it can be looked at.
    QueueSettings settings =
        QueueSettings.newBuilder().setRetainedMs(TEN_YEARS_MS).setDeadMs(TEN_YEARS_MS).build();
    configure(PLAIN, settings);
    configure(RESULTS, settings);
    configure(SMALL, settings.toBuilder().setMaxLength(SMALL_LENGTH).build());
  }

  private void configure(String queue, QueueSettings settings) {
    ConfigureQueueRequest request =
        ConfigureQueueRequest.newBuilder().setQueue(queue).setSettings(settings).build();
    SimulatedCall.<QueueInfo>unary(
        world,
        operator,
        master,
        (to, caller) -> {
          to.queues.configureQueue(request, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(QueueInfo reply) {
            unconfigured.remove(queue);
          }

          @Override
          public void end(@Nullable Throwable failure) {
            if (unconfigured.contains(queue)) {
              world.after(100, operator, () -> configure(queue, settings));
            }
          }
        });
  }

  private void addWorker() {
    workers.add(
        new SimulatedWorker("w" + ++names, world, ledger, () -> master, WORK, 1 + world.roll(5)));
  }

  /** Does what this number means now. */
  void step(long number) {
    world.reseed(number);
    int kind = world.roll(100);
    if (kind < 29) {
      enqueue();
    } else if (kind < 32) {
      join();
    } else if (kind < 35) {
      cancel();
    } else if (kind < 50) {
      consumer.take(world.percent(60) ? RESULTS : PLAIN, 1 + world.roll(4), world.roll(4) * 300);
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

  private void enqueue() {
    SimulatedProducer producer = producers.get(world.roll(producers.size()));
    boolean small = world.percent(25);
    EnqueueRequest.Builder request = plain().setQueue(small ? SMALL : PLAIN);
    if (small) {
      request.setWaitMs(world.roll(3) * 500);
    }
    // In a calm history everything is first in, first out.
    if (!calm && world.percent(15)) {
      request.setDelayMs(1 + world.roll(3_000));
    }
    if (!calm && world.percent(30)) {
      request.getOptionsBuilder().setRetry(RETRY);
    }
    if (!calm && world.percent(8)) {
      request.getOptionsBuilder().setTtlMs(1 + world.roll(3_000));
    }
    int count = 1 + world.roll(small ? SMALL_LENGTH : 10);
    if (!calm && request.getDelayMs() == 0 && world.percent(20)) {
      request.getOptionsBuilder().clearRetry();
      for (int i = 0; i < count; i++) {
        request.addGroups("g" + world.roll(2));
      }
    } else if (!calm && world.percent(20)) {
      request.getOptionsBuilder().setPriority(world.roll(10));
    }
    if (!calm && request.getGroupsCount() == 0 && world.percent(20)) {
      for (int i = 0; i < count; i++) {
        request.addTenants("t" + world.roll(3));
      }
    }
    producer.enqueue(request, count);
  }

  private EnqueueRequest.Builder plain() {
    return EnqueueRequest.newBuilder()
        .setQueue(PLAIN)
        .setOptions(OPTIONS.get(world.roll(OPTIONS.size())));
  }

  /** Tasks that come after others. */
  private void join() {
    List<Long> first =
        some(6).stream().filter(Ledger::keeps).map(entry -> entry.id).distinct().toList();
    if (!calm && !first.isEmpty()) {
      OnFailure onFailure =
          world.percent(50) ? OnFailure.ON_FAILURE_RUN : OnFailure.ON_FAILURE_CANCEL;
      producers
          .get(world.roll(producers.size()))
          .enqueue(plain().addAllAfterIds(first).setOnFailure(onFailure), 1 + world.roll(3));
    }
  }

  private void cancel() {
    List<Ledger.Entry> some = some(4);
    if (!calm && !some.isEmpty()) {
      cancel(some, world.percent(50));
    }
  }

  private void cancel(List<Ledger.Entry> some, boolean subtree) {
    List<Long> ids = some.stream().map(entry -> entry.id).distinct().toList();
    some.forEach(entry -> entry.calledOff = true);
    world.tell(() -> "somebody calls off " + ids);
    Command command =
        Command.newBuilder()
            .setCancel(Cancel.newBuilder().addAllIds(ids).setSubtree(subtree))
            .build();
    SimulatedCall.<Outcome>unary(
        world,
        operator,
        master,
        (to, caller) -> {
          to.propose(command, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(Outcome reply) {}

          @Override
          public void end(@Nullable Throwable failure) {}
        });
  }

  /** Some tasks that are known to be durable, the later ones more often. */
  private List<Ledger.Entry> some(int most) {
    List<Ledger.Entry> known = ledger.acknowledged();
    List<Ledger.Entry> some = new ArrayList<>();
    for (int left = 1 + world.roll(most); left > 0 && !known.isEmpty(); left--) {
      int back = world.roll(world.percent(50) ? known.size() : Math.min(10, known.size()));
      some.add(known.get(known.size() - 1 - back));
    }
    return some;
  }

  private TaskState stateOf(long id) {
    return master.machine.task(id, false).getState();
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
        operator,
        () -> master = new SimulatedMaster(world, disk));
  }

  /** What the dying master knew is what its successor finds out. */
  private void checkReplay(SimulatedMaster dying, long applied) {
    SimulatedDisk left = disk.copy();
    SimulatedDisk tried = disk.copy();
    dying.flush();
    SortedMap<String, Object> before = StateDigest.of(dying.machine, disk.store());
    disk = left;
    QueueMachine again = new QueueMachine(tried.store(), SimulatedMaster.OUTSTANDING_MAX);
    SimulatedMaster.replay(tried, again, applied);
    StateDigest.checkEqual(before, StateDigest.of(again, tried.store()));
  }

  /** No faults any more: everything comes to its end, in bounded time; and stays there. */
  void finish() {
    world.faulty = false;
    if (calm) {
      ledger.checkOrder();
    }
    workers.removeIf(worker -> !worker.isAlive());
    addWorker();
    addWorker();
    rest();
    // Late news of old faults, such as the end of a stream, has come by then, and sessions are
    // over.
    world.pass(LAST_ECHO_MS);
    ledger.beginOrder();
    for (int i = 0; i < 5; i++) {
      producers.get(i % 2).enqueue(plain(), 4);
      world.pass(world.roll(10));
    }
    rest();
    ledger.checkOrder();
    ledger.checkAtRest(master.machine);
    crash(master);
    world.pass(100);
    rest();
    ledger.checkAtRest(master.machine);
  }

  private void rest() {
    long untilMs = world.nowMs + REST_WITHIN_MS;
    while (!isAtRest()) {
      World.check(world.nowMs < untilMs, () -> "no rest within the time: " + stuck());
      world.pass(100);
      releaseQuarantined();
      if (waits(RESULTS)) {
        consumer.take(RESULTS, 10, 0);
      }
    }
  }

  /** What is set aside stays there until a person looks at it. */
  private void releaseQuarantined() {
    for (QueueInfo queue : master.machine.queues("", "", 100)) {
      if (queue.getQuarantined() > 0) {
        List<Ledger.Entry> aside =
            ledger.acknowledged().stream()
                .filter(entry -> stateOf(entry.id) == TaskState.TASK_STATE_QUARANTINED)
                .toList();
        if (!aside.isEmpty()) {
          cancel(aside, false);
        }
        return;
      }
    }
  }

  private boolean isAtRest() {
    return unconfigured.isEmpty()
        && !master.process.dead
        && producers.stream().allMatch(SimulatedProducer::isIdle)
        && awaiters.stream().allMatch(SimulatedAwaiter::isIdle)
        && workers.stream().allMatch(SimulatedWorker::isIdle)
        && !waits(PLAIN)
        && !waits(SMALL)
        && !waits(RESULTS);
  }

  private boolean waits(String name) {
    QueueInfo queue = master.machine.queue(name);
    return queue != null && queue.getReady() + queue.getOffered() + queue.getDelayed() > 0;
  }

  private String stuck() {
    return ledger.open(master.machine)
        + "; producers "
        + producers.stream().filter(producer -> !producer.isIdle()).count()
        + ", awaiters "
        + awaiters.stream().filter(awaiter -> !awaiter.isIdle()).count()
        + ", workers "
        + workers.stream().filter(worker -> !worker.isIdle()).map(w -> w.process.name).toList();
  }
}
