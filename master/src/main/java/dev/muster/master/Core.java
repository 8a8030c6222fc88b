package dev.muster.master;

import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.master.dispatch.Awaits;
import dev.muster.master.dispatch.Dispatcher;
import dev.muster.master.dispatch.EventHub;
import dev.muster.master.dispatch.LeaderEffects;
import dev.muster.master.dispatch.Roster;
import dev.muster.master.dispatch.RunWatch;
import dev.muster.master.dispatch.RunningNotes;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.dispatch.WorkerStream;
import dev.muster.master.expiry.ScheduleWatch;
import dev.muster.master.expiry.TimerWatch;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Recount;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Flusher;
import dev.muster.master.replication.HeapShares;
import dev.muster.master.replication.LeaderClock;
import dev.muster.master.replication.LogCheck;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.RaftNode;
import dev.muster.master.store.RocksStateStore;
import dev.muster.proto.v1.VerifyReply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything behind gRPC, wired: log, state machine, store, dispatch, timers. */
final class Core implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Core.class);
  private static final long READY_WITHIN_S = 600;
  private static final long TICK_MS = 200;
  private static final long FLUSH_EVERY_MS = 5_000;

  /** What each thread may take to end what it does. */
  private static final long STOP_MS = 5_000;

  private static final long FLUSH_WITHIN_MS = 8_000;

  private final Breakage breakage;
  private final DataDirectory data;
  private final RocksStateStore store;
  private final Flusher flusher;
  private final Applier applier;
  private final RaftNode raft;
  private final LeaderClock clock;
  private final Proposer proposer;
  private final Dispatcher dispatcher;
  private final Sessions sessions;
  private final Roster roster;
  private final Awaits awaits;
  private final EventHub events;
  private final RunningNotes notes;
  private final RunWatch runs;
  private final TimerWatch timers;
  private final DiskWatch disk;
  private final ScheduleWatch schedules;
  private final ExecutorService egress = daemon("muster-egress");

  /** For what takes longer than others should wait. */
  private final ExecutorService background = daemon("muster-background");

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(task -> daemonThread(task, "muster-timer"));

  private Core(MasterConfig config, DataDirectory data, Breakage breakage) throws IOException {
    this.breakage = breakage;
    this.data = data;
    Files.createDirectories(data.store());
    this.store = RocksStateStore.open(data.store());
    QueueMachine machine = new QueueMachine(store, Limits.OUTSTANDING_REQUESTS_MAX);
    LogCheck.run(data.raft(), data.cluster(), machine.appliedIndex());
    this.flusher = new Flusher(store, breakage::because);
    HeapShares shares = HeapShares.ofThisProcess();
    this.applier = new Applier(machine, flusher, shares.generationBytes());
    this.raft =
        new RaftNode(
            data.raft(),
            data.cluster(),
            applier,
            machine.appliedTerm(),
            machine.appliedIndex(),
            breakage::because);
    flusher.onFlushed(
        generation -> raft.flushed(generation.appliedTerm(), generation.appliedIndex()));
    this.clock = new LeaderClock(System::currentTimeMillis, System::nanoTime);
    this.proposer =
        new Proposer(
            raft, clock, Proposer.Bounds.ofMaster(shares.waitingBytes()), breakage::because);
    this.timers = new TimerWatch(proposer, applier, clock, this::tickTimersIn);
    this.dispatcher = new Dispatcher(proposer, System::nanoTime, clock);
    this.runs = new RunWatch(proposer, applier, System::nanoTime);
    this.notes = new RunningNotes(applier);
    this.events = new EventHub(System::currentTimeMillis);
    this.sessions =
        new Sessions(proposer, applier, dispatcher, runs, notes, events, System::nanoTime);
    this.roster = new Roster(sessions, System::nanoTime);
    this.awaits = new Awaits(applier);
    this.disk =
        new DiskWatch(
            () -> Files.getFileStore(data.root()).getUsableSpace(),
            config.diskFloorBytes(),
            breakage::because);
    this.schedules =
        new ScheduleWatch(
            proposer, applier, System::currentTimeMillis, () -> disk.refusal() == null);
  }

  /** Recovers the state; returns when this master leads. */
  static Core start(MasterConfig config) {
    DataDirectory data = DataDirectory.open(config.data());
    Core core = null;
    try {
      core = new Core(config, data, new Breakage(config));
      core.lead();
      return core;
    } catch (IOException e) {
      abandon(core, data);
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      abandon(core, data);
      throw e;
    }
  }

  private static void abandon(@Nullable Core core, DataDirectory data) {
    if (core == null) {
      data.close();
    } else {
      core.close();
    }
  }

  private void lead() throws IOException {
    try {
      raft.start().get(READY_WITHIN_S, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      Throwable root = e;
      for (Throwable cause = root.getCause(); cause != null; cause = cause.getCause()) {
        root = cause;
      }
      throw new MusterException(
          "the log in "
              + data.raft()
              + " does not come up: "
              + root
              + "; if it is damaged, restore the data directory whole from one backup",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while starting", e);
    }
    clock.notBefore(applier.read(QueueMachine::nowMs));
    disk.tick();
    applier.lead(
        new LeaderEffects(proposer, dispatcher, sessions, awaits, notes, events, timers::due));
    proposer.start(dispatcher::plan);
    proposer.execute(this::restoreLeader);
    every(TICK_MS, () -> proposer.execute(this::tick));
    every(TICK_MS, disk::tick);
    every(FLUSH_EVERY_MS, applier::rollWhenChanged);
  }

  private void every(long periodMs, Runnable task) {
    Runnable guarded =
        () -> {
          try {
            task.run();
          } catch (RuntimeException | Error e) {
            breakage.because(e);
          }
        };
    var unused = timer.scheduleWithFixedDelay(guarded, periodMs, periodMs, TimeUnit.MILLISECONDS);
  }

  /** Ticks alone would let every short delay take {@link #TICK_MS}. */
  private void tickTimersIn(long delayMs) {
    try {
      var unused =
          timer.schedule(() -> proposer.execute(timers::tick), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // The master stops: what is due then is due when it starts again.
    }
  }

  /** What a leader knows beyond the replicated state, from that state. */
  private void restoreLeader() {
    schedules.restore();
    applier.read(
        machine -> {
          sessions.restore(machine);
          timers.restore(machine);
          machine.waiting(dispatcher::waiting);
          return true;
        });
  }

  private void tick() {
    sessions.tick();
    dispatcher.tick();
    runs.tick();
    timers.tick();
    schedules.tick();
  }

  DataDirectory data() {
    return data;
  }

  Proposer proposer() {
    return proposer;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Sessions sessions() {
    return sessions;
  }

  Roster roster() {
    return roster;
  }

  Awaits awaits() {
    return awaits;
  }

  RunningNotes notes() {
    return notes;
  }

  EventHub events() {
    return events;
  }

  Applier applier() {
    return applier;
  }

  DiskWatch diskWatch() {
    return disk;
  }

  ExecutorService egress() {
    return egress;
  }

  ExecutorService background() {
    return background;
  }

  /** Counts everything again. */
  VerifyReply verify() {
    applier.flush();
    return Recount.of(store);
  }

  /** Ends the workers' streams, so that they look for a master again at once. */
  void endStreams() {
    sessions.forEachStream(WorkerStream::finish);
  }

  /**
   * Stops whatever may read the store before the store is closed: native code that reads what is
   * freed takes the whole process with it. Also on a thread that is interrupted: it wants the
   * master closed, and not half closed.
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      stop();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void stop() {
    timer.shutdownNow();
    boolean ended = await(timer); // its last tick may flush
    background.shutdownNow(); // a count may take minutes: it is interrupted
    proposer.close();
    raft.close();
    egress.shutdown();
    ended &= await(background);
    ended &= await(egress);
    applier.rollWhenChanged();
    flusher.close();
    ended &= await(flusher::awaitClosed, FLUSH_WITHIN_MS);
    applier.close();
    if (ended) {
      store.close();
    } else {
      LOG.warn("the store in {} is still being read or written: it stays open", data.store());
    }
    data.close();
  }

  private interface Ending {
    boolean within(long timeoutMs) throws InterruptedException;
  }

  private static boolean await(ExecutorService thread) {
    return await(timeoutMs -> thread.awaitTermination(timeoutMs, TimeUnit.MILLISECONDS), STOP_MS);
  }

  /** An interrupt comes back when it is over. */
  private static boolean await(Ending ending, long withinMs) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return ending.within(withinMs);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static ExecutorService daemon(String name) {
    return Executors.newSingleThreadExecutor(task -> daemonThread(task, name));
  }

  private static Thread daemonThread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Stops the master once, with the first reason. */
  private static final class Breakage {
    private final MasterConfig config;
    private final AtomicBoolean broken = new AtomicBoolean();

    Breakage(MasterConfig config) {
      this.config = config;
    }

    void because(Throwable failure) {
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      because(failure.getMessage() + (root == failure ? "" : " (" + root + ")"));
    }

    void because(String why) {
      if (broken.compareAndSet(false, true)) {
        config.onBroken().accept(why);
      }
    }
  }
}
