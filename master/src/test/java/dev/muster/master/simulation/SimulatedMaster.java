package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.dispatch.Awaits;
import dev.muster.master.dispatch.Dispatcher;
import dev.muster.master.dispatch.EventHub;
import dev.muster.master.dispatch.LeaderEffects;
import dev.muster.master.dispatch.Roster;
import dev.muster.master.dispatch.RunWatch;
import dev.muster.master.dispatch.RunningNotes;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.expiry.ScheduleWatch;
import dev.muster.master.expiry.TimerWatch;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Effects;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Batch;
import dev.muster.master.replication.Flusher;
import dev.muster.master.replication.LeaderClock;
import dev.muster.master.replication.Log;
import dev.muster.master.replication.Proposer;
import dev.muster.master.rpc.QueuesService;
import dev.muster.master.rpc.SchedulesService;
import dev.muster.master.rpc.TasksService;
import dev.muster.master.rpc.WorkService;
import dev.muster.proto.v1.VerifyReply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One life of the master, from its recovery to its crash: what {@code Core} wires, on virtual time.
 * Each of its threads is a chain of events, so that anything may happen between two steps of any of
 * them.
 */
final class SimulatedMaster {
  static final int OUTSTANDING_MAX = 100;

  /** The leader's wall clock when the simulation begins, ms since the epoch. */
  private static final long EPOCH_MS = 1_700_000_000_000L;

  /**
   * The wall clock by which schedules run is so much faster than time: a minute, in which they
   * count, is longer than most of what happens here takes.
   */
  static final int WALL_SPEED = 20;

  private static final long TICK_MS = 200;
  private static final long FLUSH_EVERY_MS = 5_000;

  /** The disk takes so long at most, ms. */
  private static final int FSYNC_STALL_MS = 30_000;

  /** What a shorter stall adds to a worker's silence may be held against the worker, ms. */
  static final long STALL_UNNOTICED_MS = 1_500;

  final World.Program process = new World.Program("master");
  final Set<SimulatedCall<?, ?>> calls = new LinkedHashSet<>();
  final QueueMachine machine;
  final Applier applier;
  final TasksService tasks;
  final WorkService work;
  final QueuesService queues;
  final SchedulesService schedules;
  private final World world;
  private final SimulatedDisk disk;
  private final LimitLedger limits;
  private final RemovalLedger removals;
  private final LeaderClock clock;
  private final Proposer proposer;
  private final Dispatcher dispatcher;
  private final Sessions sessions;
  private final Awaits awaits;
  private final EventHub events;
  private final TimerWatch timers;
  private final RunWatch runs;
  private final RunningNotes notes;
  private final ScheduleWatch scheduleWatch;
  private long fsyncAtMs;
  private long applyAtMs;
  private long egressAtMs;
  private boolean loopScheduled;

  private @Nullable Runnable flush;

  private final long bornMs;
  private final Map<ByteString, Silence> silences = new HashMap<>();

  /** How long a session was not heard of at a stretch, ms. */
  private static final class Silence {
    private long heardMs;
    private long longestMs;

    Silence(long nowMs) {
      heardMs = nowMs;
    }

    long longestMs(long nowMs) {
      return Math.max(longestMs, nowMs - heardMs);
    }

    void heard(long nowMs) {
      longestMs = longestMs(nowMs);
      heardMs = nowMs;
    }
  }

  /** Commands of a simulation are small: some entries overlap, others wait for the one before. */
  private static final Proposer.Bounds BOUNDS = new Proposer.Bounds(64 << 20, 200);

  SimulatedMaster(World world, SimulatedDisk disk, LimitLedger limits, RemovalLedger removals) {
    this.world = world;
    this.disk = disk;
    this.limits = limits;
    this.removals = removals;
    bornMs = world.nowMs;
    machine = disk.newMachine();
    Flusher flusher = new Flusher(disk.store(), SimulatedMaster::broken, this::flushLater);
    flusher.onFlushed(generation -> disk.purge(generation.appliedIndex()));
    applier = new Applier(machine, flusher);
    clock = new LeaderClock(() -> EPOCH_MS + world.nowMs + world.clockOffByMs, this::clockNs);
    proposer =
        new Proposer(new SimulatedLog(), clock, world::dice, BOUNDS, SimulatedMaster::broken);
    dispatcher = new Dispatcher(proposer, this::clockNs, clock);
    timers = new TimerWatch(proposer, applier, clock, this::alarm);
    runs = new RunWatch(proposer, applier, this::clockNs);
    notes = new RunningNotes(applier);
    events = new EventHub(clock);
    sessions = new Sessions(proposer, applier, dispatcher, runs, notes, events, this::clockNs);
    awaits = new Awaits(applier);
    tasks =
        new TasksService(
            proposer,
            applier,
            dispatcher,
            sessions,
            new Roster(sessions, this::clockNs),
            awaits,
            notes,
            () -> null,
            this::sendLater);
    work = new WorkService(proposer, sessions, this::sendLater);
    queues =
        new QueuesService(
            proposer,
            applier,
            sessions,
            events,
            VerifyReply::getDefaultInstance,
            this::sendLater,
            this::sendLater);
    schedules = new SchedulesService(proposer, applier, () -> null, this::wallMs);
    scheduleWatch = new ScheduleWatch(proposer, applier, this::wallMs, () -> true);
    recover();
    lead();
  }

  private static void broken(Throwable failure) {
    throw new AssertionError("the master breaks: " + failure, failure);
  }

  private long clockNs() {
    return TimeUnit.MILLISECONDS.toNanos(world.nowMs);
  }

  private long wallMs() {
    return EPOCH_MS + WALL_SPEED * world.nowMs + world.clockOffByMs;
  }

  private void recover() {
    replay(disk, machine, disk.appended, removals);
    disk.term++;
    disk.append(null);
    disk.durable = disk.appended;
    applier.skip(disk.term, disk.appended);
    limits.leads(disk, machine);
    world.tell(() -> "a master leads, applied " + machine.appliedIndex());
  }

  /**
   * Applies what the log has and the machine does not, up to an index.
   *
   * @param removals hears of what was never applied before; null: nobody does
   */
  static void replay(
      SimulatedDisk disk, QueueMachine machine, long upto, @Nullable RemovalLedger removals) {
    for (SimulatedDisk.Logged logged : disk.log) {
      if (logged.index() > machine.appliedIndex() && logged.index() <= upto) {
        if (logged.content() != null) {
          Entry entry = logged.entry();
          RemovalLedger hears =
              removals != null && removals.isNew(logged.index()) ? removals : null;
          if (hears != null) {
            hears.begin(entry, logged.index(), machine);
          }
          Effects effects = hears == null ? Effects.NONE : hears.hearing(Effects.NONE);
          machine.begin(entry.getStampMs(), entry.getDice(), effects);
          entry.getCommandsList().forEach(command -> machine.apply(command, logged.index()));
          if (hears != null) {
            hears.end();
          }
        }
        machine.end(logged.term(), logged.index());
      }
    }
  }

  private void lead() {
    clock.notBefore(machine.nowMs());
    applier.lead(
        removals.hearing(
            limits.counting(
                new LeaderEffects(
                    proposer, dispatcher, sessions, awaits, notes, events, timers::due))));
    proposer.drive(dispatcher::plan);
    proposer.execute(this::restoreLeader);
    every(TICK_MS, () -> proposer.execute(this::tick));
    every(FLUSH_EVERY_MS, applier::rollWhenChanged);
    runLoop(1);
  }

  private void restoreLeader() {
    scheduleWatch.restore();
    sessions.restore(machine);
    timers.restore(machine);
    machine.waiting(dispatcher::waiting);
  }

  private void tick() {
    sessions.tick();
    dispatcher.tick();
    runs.tick();
    timers.tick();
    scheduleWatch.tick();
  }

  /** Something of this session reached the master's machine, read or not. */
  void heard(ByteString session) {
    silences.computeIfAbsent(session, key -> new Silence(bornMs)).heard(world.nowMs);
  }

  /** How long nothing of this session reached the master's machine, at the longest, ms. */
  long longestSilenceMs(ByteString session) {
    return silences.computeIfAbsent(session, key -> new Silence(bornMs)).longestMs(world.nowMs);
  }

  /** A session is lost by the silence of its worker, and not by the master's own. */
  private void checkLost(Command command) {
    ByteString key = machine.attempts().key(command.getCloseSession().getSession());
    if (command.getCloseSession().getLost() && !key.isEmpty()) {
      long silentMs = longestSilenceMs(key);
      World.check(
          silentMs >= Limits.SESSION_TIMEOUT_MS - STALL_UNNOTICED_MS,
          () ->
              machine.attempts().worker(command.getCloseSession().getSession())
                  + (" is lost, and was silent for " + silentMs + " ms at most"));
    }
  }

  private void alarm(long inMs) {
    world.after(
        inMs,
        process,
        () -> {
          proposer.execute(timers::tick);
          wake();
        });
  }

  private void every(long periodMs, Runnable task) {
    world.after(
        periodMs,
        process,
        () -> {
          task.run();
          every(periodMs, task);
          wake();
        });
  }

  /** The loop sees what it was given a little later: meanwhile anything may happen. */
  void wake() {
    if (!loopScheduled) {
      runLoop(world.roll(3));
    }
  }

  private void runLoop(long delayMs) {
    loopScheduled = true;
    world.after(
        delayMs,
        process,
        () -> {
          loopScheduled = false;
          if (proposer.step()) {
            wake();
          }
        });
  }

  private void sendLater(Runnable task) {
    egressAtMs = Math.max(egressAtMs, world.nowMs + world.roll(2));
    world.at(
        egressAtMs,
        process,
        () -> {
          task.run();
          wake();
        });
  }

  private void flushLater(Runnable task) {
    flush = task;
    world.after(
        world.between(1, world.faulty ? 4_000 : 100),
        process,
        () -> {
          if (flush == task) {
            flush();
          }
        });
  }

  /** Writes the frozen generation, if there is one. */
  void flush() {
    Runnable task = flush;
    flush = null;
    if (task != null) {
      task.run();
      world.tell(() -> "flushed");
    }
  }

  private static List<String> names(Entry entry) {
    List<String> names = new ArrayList<>();
    entry
        .getCommandsList()
        .forEach(command -> names.add(command.toString().replaceAll("\\s+", " ").trim()));
    return names;
  }

  /** Fsyncs in order, late, and applies what is durable. */
  private final class SimulatedLog implements Log {
    @Override
    public void append(Batch batch, Entry entry, Consumer<Batch> ended) {
      disk.append(entry);
      long term = disk.term;
      long index = disk.appended;
      world.tell(() -> index + " appended " + names(entry));
      entry.getCommandsList().forEach(SimulatedMaster.this::checkLost);
      fsyncAtMs = Math.max(fsyncAtMs, world.nowMs + fsyncMs());
      world.at(fsyncAtMs, process, () -> fsynced(batch, entry, ended, term, index));
    }

    private long fsyncMs() {
      if (world.fault(3)) {
        return world.roll(FSYNC_STALL_MS);
      }
      return world.faulty && world.roll(30) == 0 ? world.roll(2_000) : world.roll(4);
    }

    private void fsynced(Batch batch, Entry entry, Consumer<Batch> ended, long term, long index) {
      disk.durable = index;
      applyAtMs = Math.max(applyAtMs, world.nowMs + world.roll(3));
      world.at(
          applyAtMs,
          process,
          () -> {
            world.tell(() -> index + " applies");
            limits.begin(entry, index, machine);
            removals.begin(entry, index, machine);
            applier.apply(entry, batch, term, index);
            limits.end(machine);
            removals.end();
            World.check(
                machine.unconserved().isEmpty(),
                () -> "not conserved after entry " + index + ": " + machine.unconserved());
            ended.accept(batch);
            wake();
          });
    }
  }
}
