package dev.muster.master.dispatch;

import dev.muster.master.expiry.ScheduleWatch;
import dev.muster.master.expiry.TimerWatch;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Batch;
import dev.muster.master.replication.Flusher;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A leader without gRPC and Ratis: the log applies at once, or when told, and time is in the test's
 * hand. {@link #settle} waits until the loop has nothing left to do.
 */
public final class LeaderRig implements AutoCloseable {
  private static final long STEP_MS = 1_000;

  private static final int STEPS_TO_SETTLE = 12;

  private record Held(Batch batch, Entry entry, Runnable ended) {}

  /** Entries overlap whatever they hold: a test holds two of a few commands. */
  private static final Proposer.Bounds BOUNDS = new Proposer.Bounds(64 << 20, 0);

  public final Applier applier;
  public final Proposer proposer;
  public final Awaits awaits;
  public final TimerWatch timers;
  public final RunWatch runs;
  public final RunningNotes notes;
  public final EventHub events;
  public final ScheduleWatch schedules;
  public final Dispatcher dispatcher;
  public final Sessions sessions;
  public final Roster roster;

  /** Delays of the alarms that the timers asked for, ms. */
  public final Queue<Long> alarms = new ConcurrentLinkedQueue<>();

  public final List<Entry> entries = new ArrayList<>();
  private final AtomicLong nowMs = new AtomicLong(1_000_000);
  private final Flusher flusher;
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final Semaphore stepped = new Semaphore(0);
  private final Queue<Held> held = new ArrayDeque<>();
  private boolean holding;
  private boolean marked;
  private long index;

  public LeaderRig() {
    MemoryStateStore store = new MemoryStateStore();
    flusher = new Flusher(store, broken::set);
    applier = new Applier(new QueueMachine(store, 100), flusher);
    proposer = new Proposer(this::append, nowMs::get, BOUNDS, broken::set);
    timers = new TimerWatch(proposer, applier, nowMs::get, alarms::add);
    schedules = new ScheduleWatch(proposer, applier, nowMs::get, () -> true);
    dispatcher = new Dispatcher(proposer, this::nowNs, nowMs::get);
    runs = new RunWatch(proposer, applier, this::nowNs);
    notes = new RunningNotes(applier);
    events = new EventHub(nowMs::get);
    sessions = new Sessions(proposer, applier, dispatcher, runs, notes, events, this::nowNs);
    roster = new Roster(sessions, this::nowNs);
    awaits = new Awaits(applier);
    applier.lead(
        new LeaderEffects(proposer, dispatcher, sessions, awaits, notes, events, timers::due));
    proposer.start(this::beforeSealing);
    proposer.execute(schedules::restore);
  }

  /** ms since the epoch. */
  public long nowMs() {
    return nowMs.get();
  }

  private long nowNs() {
    return TimeUnit.MILLISECONDS.toNanos(nowMs.get());
  }

  private void beforeSealing() {
    dispatcher.plan();
    if (marked) {
      marked = false;
      stepped.release();
    }
  }

  private void append(Batch batch, Entry entry, java.util.function.Consumer<Batch> ended) {
    entries.add(entry);
    Held next = new Held(batch, entry, () -> ended.accept(batch));
    if (holding) {
      held.add(next);
    } else {
      apply(next);
    }
  }

  private void apply(Held next) {
    applier.apply(next.entry, next.batch, 1, ++index);
    next.ended.run();
  }

  /** Entries are kept unapplied from now on, until {@link #release}. */
  public void hold() {
    proposer.execute(() -> holding = true);
    settle();
  }

  public void release() {
    proposer.execute(
        () -> {
          holding = false;
          for (Held next = held.poll(); next != null; next = held.poll()) {
            apply(next);
          }
        });
    settle();
  }

  /** What is kept unapplied never will be: nobody knows what became of it. */
  public void lose() {
    proposer.execute(
        () -> {
          holding = false;
          for (Held next = held.poll(); next != null; next = held.poll()) {
            next.batch.unknown("lost");
            next.ended.run();
          }
        });
    settle();
  }

  /** Returns when the loop has done all that it was given, and all that followed from it. */
  public void settle() {
    for (int i = 0; i < STEPS_TO_SETTLE; i++) {
      proposer.execute(() -> marked = true);
      try {
        if (!stepped.tryAcquire(10, TimeUnit.SECONDS)) {
          throw new AssertionError("the loop does not answer: " + broken.get());
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    if (broken.get() != null) {
      throw new AssertionError(broken.get());
    }
  }

  public void run(Runnable task) {
    proposer.execute(task);
    settle();
  }

  /** So much time passes, with ticks on the way as the timer gives them. */
  public void tick(long elapsedMs) {
    for (long left = elapsedMs; left > 0; left -= STEP_MS) {
      pause(Math.min(left, STEP_MS));
    }
  }

  /** So much time passes without a tick; less than 0: the clock is put back. */
  public void pass(long elapsedMs) {
    nowMs.addAndGet(elapsedMs);
  }

  /** So much time passes without a tick, as when the process is stopped; then one comes. */
  public void pause(long elapsedMs) {
    pass(elapsedMs);
    run(
        () -> {
          sessions.tick();
          dispatcher.tick();
          runs.tick();
          timers.tick();
          schedules.tick();
        });
  }

  /** Applies a command; what it came to, when that is known by now. */
  public @Nullable Outcome propose(Command command) {
    Replies replies = new Replies();
    run(() -> proposer.propose(command, replies));
    return replies.outcomes.peek();
  }

  public TaskInfo task(long id) {
    return applier.read(machine -> machine.task(id, true));
  }

  public QueueInfo queue(String name) {
    return applier.read(machine -> Objects.requireNonNull(machine.queue(name)));
  }

  @Override
  public void close() {
    proposer.close();
    flusher.close();
  }

  /** Notes what came of something. */
  public static final class Replies implements Reply {
    public final ConcurrentLinkedQueue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    public final ConcurrentLinkedQueue<String> unknown = new ConcurrentLinkedQueue<>();

    @Override
    public void applied(Outcome outcome) {
      outcomes.add(outcome);
    }

    @Override
    public void unknown(String why) {
      unknown.add(why);
    }
  }
}
