package dev.muster.master.queue;

import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.LaneRecord;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.TenantRecord;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TenantInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a worker in one queue, and who goes next.
 *
 * <p>A plain task (no tenant, no group, no demands on the worker) waits in one of ten plain lines,
 * one for each priority: a queue that has nothing else needs no more than these. Everything else is
 * the business of {@link Lines}, which are there while they are needed.
 *
 * <p>A task is first {@link #enter entered}; then it is leased by a {@link Choice}, or {@link
 * #leave leaves}. A lease ends by {@link #released} or {@link #returned}, whatever follows. The
 * caller tells {@link MachineState#changed} afterwards.
 */
final class Ready {
  /** 0 to 9; 9 goes first. */
  static final int PRIORITIES = 10;

  /** Different demands on workers that may wait in one queue at a time. */
  static final int POOLS_MAX = 256;

  /** It did not run: nothing is charged. */
  private static final long NOT_RUN = -1;

  final QueueState queue;
  private final @Nullable Line[] plain = new @Nullable Line[PRIORITIES];
  private @Nullable Lines lines;
  private long waiting;
  private long running;

  /** Not stored. */
  private final RunTimes runTimes = new RunTimes();

  /** No position up to the restart was higher. */
  private long lastBefore;

  // Settings.
  private long concurrency;
  private Rate rate = Rate.getDefaultInstance();
  private RateLimit limit = RateLimit.NONE;
  private long tenantConcurrency;
  private Rate tenantRate = Rate.getDefaultInstance();
  private long ageingMs;
  private boolean paused;
  private Overflow overflow = Overflow.OVERFLOW_BLOCK;

  /** The last line number that was given out; the plain lines have the first ten. */
  private long lastLine = PRIORITIES - 1;

  /** When the queue's bucket is full again, µs since the epoch. */
  private long bucketUs;

  /** Where a new tenant begins, µs. */
  long virtualTimeUs;

  /** Options that were looked at last, and what was found. */
  private TaskOptions lastOptions = TaskOptions.getDefaultInstance();

  private boolean lastDemandNothing = true;

  /** What an attempt of a tenant takes on average, µs; 0: not known. */
  long averageUs;

  Ready(QueueState queue) {
    this.queue = queue;
  }

  static int costOf(TaskOptions options) {
    return Math.max(1, options.getCost());
  }

  private boolean isPlain(Task task) {
    return task.tenant.isEmpty() && task.group.isEmpty() && demandNothing(task.options);
  }

  @SuppressWarnings("ReferenceEquality") // most tasks of a queue share one object of options
  boolean demandNothing(TaskOptions options) {
    if (options != lastOptions) {
      lastOptions = options;
      lastDemandNothing = options.getCost() <= 1 && options.getRequiresCount() == 0;
    }
    return lastDemandNothing;
  }

  /** Tasks that wait. */
  long size() {
    return waiting;
  }

  /** Tasks that are leased. */
  long running() {
    return running;
  }

  /** True when tasks with these options must be refused: too many kinds of them wait. */
  boolean refuses(TaskOptions options) {
    return lines != null && lines.isFull(options);
  }

  /**
   * A task waits from now on. At its {@link Task#place}, if it has one, so that it comes back where
   * it was; at the end, if it has none.
   */
  void enter(Task task, MachineState state) {
    if (task.place == 0) {
      task.place = ++state.sequence;
    }
    Line line =
        isPlain(task)
            ? plainLine(task.options.getPriority(), state)
            : mixed(state).lineOf(task, state);
    task.line = line.number;
    task.lane = line.lane.key();
    task.position = task.place;
    waiting++;
    line.lane.enter(task, state.tasks.current());
    if (lines != null) {
      lines.entered(line, task, state);
    }
  }

  /** A touched task waits no more, and was not leased: it is cancelled, expired or dropped. */
  void leave(Task task, MachineState state) {
    Line line = line(task.line);
    line.lane.remove(task);
    // At once: the line may look for its first task in the store, and must not find this one there.
    task.lane = queue.nowhere;
    task.position = 0;
    waiting--;
    if (lines != null) {
      lines.left(line, state);
    }
  }

  /** A task that waits was touched, and goes on waiting. */
  void changed(Task task) {
    line(task.line).lane.changed(task);
  }

  /** The first task of this line is leased. */
  void lease(Line line, Task task, MachineState state) {
    line.lane.remove(task);
    waiting--;
    running++;
    bucketUs = limit.take(bucketUs, state.nowUs());
    if (lines != null) {
      lines.leased(line, task, state);
    }
  }

  /**
   * A lease has ended that may have run. Before the task enters again, if it does.
   *
   * @param runUs as the worker measured it, µs; 0: from the lease until now
   */
  void released(Task task, long runUs, MachineState state) {
    long ranUs = runUs > 0 ? runUs : (state.nowMs - task.offeredMs) * 1_000;
    runTimes.add(ranUs);
    end(task, ranUs, state);
  }

  /** A lease has ended that never ran: it was free. */
  void returned(Task task, MachineState state) {
    bucketUs = limit.isNone() ? bucketUs : limit.giveBack(bucketUs);
    end(task, NOT_RUN, state);
  }

  private void end(Task task, long runUs, MachineState state) {
    running--;
    if (lines != null) {
      lines.released(line(task.line), task, runUs, state);
    }
  }

  /**
   * A task whose lease has ended waits for its next attempt, outside: its group waits with it.
   * Until it enters, or {@link #unhold}.
   */
  void hold(Task task, MachineState state) {
    if (!task.group.isEmpty() && lines != null) {
      lines.hold(line(task.line), task, state);
    }
  }

  /** A held task does not come back: its group goes on. Of no effect on others. */
  void unhold(Task task, MachineState state) {
    if (!task.group.isEmpty() && lines != null) {
      lines.unhold(task, state);
    }
  }

  /** The task to be dropped first to make room: of the lowest priority, that waits longest. */
  @Nullable Task toDrop(MachineState state) {
    Line last = null;
    if (lines != null) {
      last = lines.toDrop(plainLines());
    } else {
      for (int i = 0; i < PRIORITIES; i++) {
        Line line = plain[i];
        last = line != null && line.lane.size() > 0 ? line : last;
      }
    }
    return last == null ? null : last.lane.peek(state.tasks);
  }

  // Choice.

  /**
   * Who goes next, for one lease.
   *
   * @param session null: a consumer without one, which gets whatever demands no label
   */
  Choice choice(@Nullable WorkerSession session, MachineState state) {
    if (lines == null) {
      return new Choice(this, List.of(), ageingMs, state);
    }
    lines.tenants.openLimited(state.nowUs());
    List<Pool> among = new ArrayList<>();
    for (Pool pool : lines.pools()) {
      boolean fits =
          session == null ? pool.requires.isEmpty() : pool.fits(session.labels, session.slots);
      if (fits) {
        among.add(pool);
      }
    }
    return new Choice(this, among, ageingMs, state);
  }

  /** The line that goes first in a priority, or null. */
  @Nullable Line first(int priority, List<Pool> among) {
    if (lines != null) {
      return lines.first(priority, among);
    }
    Line line = plain[numberOf(priority)];
    return line == null || line.lane.size() == 0 ? null : line;
  }

  /** Whether a task may be leased now, as far as the whole queue goes. */
  boolean mayLease(long nowUs) {
    return !paused && vacant() > 0 && limit.hasToken(bucketUs, nowUs);
  }

  private long vacant() {
    return concurrency == 0 ? Long.MAX_VALUE : Math.max(0, concurrency - running);
  }

  /** What can be leased now, and later. */
  Supply supply(long nowMs) {
    long nowUs = nowMs * 1_000;
    if (lines != null) {
      lines.tenants.openLimited(nowUs);
    }
    long most = paused ? 0 : vacant();
    long tokens = limit.tokens(bucketUs, nowUs);
    List<PoolSupply> pools;
    if (most == 0 || waiting == 0) {
      pools = List.of();
    } else if (lines == null) {
      pools = List.of(supply(Map.of(), 1, waiting, 0, most, tokens));
    } else {
      pools = new ArrayList<>();
      for (Pool pool : lines.pools()) {
        if (pool.leasable + pool.limited > 0) {
          pools.add(supply(pool.requires, pool.cost, pool.leasable, pool.limited, most, tokens));
        }
      }
    }
    long nextUs = Long.MAX_VALUE;
    if (!pools.isEmpty()) {
      nextUs =
          tokens == 0 ? limit.nextUs(bucketUs) : lines == null ? nextUs : lines.tenants.nextUs();
    }
    long nextAtMs = nextUs == Long.MAX_VALUE ? nextUs : (nextUs + 999) / 1_000;
    long max = queue.settings.proto().getMaxLength();
    long roomMax = max == 0 ? Long.MAX_VALUE : max;
    return new Supply(
        queue.room(),
        roomMax,
        overflow == Overflow.OVERFLOW_REJECT,
        pools,
        runTimes.averageUs(),
        nextAtMs);
  }

  private static PoolSupply supply(
      Map<String, String> requires, int cost, long leasable, long limited, long most, long tokens) {
    return new PoolSupply(
        requires,
        cost,
        Math.min(leasable, Math.min(most, tokens)),
        Math.min(leasable + limited, most));
  }

  // Lines.

  private static int numberOf(int priority) {
    return PRIORITIES - 1 - Math.min(priority, PRIORITIES - 1);
  }

  private LaneKey plainKey(int number) {
    return new LaneKey(LaneKey.Kind.READY, queue.number, number);
  }

  private Line plainLine(int priority, MachineState state) {
    int number = numberOf(priority);
    Line line = plain[number];
    if (line == null) {
      Lane lane = new Lane(plainKey(number), 0, 0, lastBefore);
      line = new Line(number, PRIORITIES - 1 - number, null, lane);
      plain[number] = line;
      if (lines != null) {
        lines.adopt(line, state);
      }
    }
    return line;
  }

  private List<Line> plainLines() {
    List<Line> all = new ArrayList<>(PRIORITIES);
    for (Line line : plain) {
      if (line != null) {
        all.add(line);
      }
    }
    return all;
  }

  private Line line(long number) {
    Line line =
        number < PRIORITIES ? plain[(int) number] : lines == null ? null : lines.byNumber(number);
    if (line == null) {
      throw new IllegalStateException("queue " + queue.name + " has no line " + number);
    }
    return line;
  }

  /** The lane of this line, for a task that waits there. */
  LaneKey laneOf(long line) {
    return line(line).lane.key();
  }

  /** The lanes in which something waits, from a line's number on: at most so many, in order. */
  List<LaneKey> lanes(long from, int max) {
    FirstLanes first = new FirstLanes(from, max);
    plainLines().forEach(first::add);
    if (lines != null) {
      lines.forEach(first::add);
    }
    return first.keys();
  }

  long nextLine() {
    return ++lastLine;
  }

  private Lines mixed(MachineState state) {
    Lines mixed = lines;
    if (mixed == null) {
      mixed = new Lines(this);
      lines = mixed;
      mixed.tenants.none().running = running;
      for (Line line : plainLines()) {
        mixed.adopt(line, state);
      }
    }
    return mixed;
  }

  /** An entry ends that changed this queue: what nothing uses any more is forgotten. */
  void tidy(MachineState state) {
    if (lines != null) {
      lines.tidy(state);
      if (lines.isEmpty()) {
        lines = null;
        plainLines().forEach(Lines::release);
      }
    }
  }

  // For people.

  boolean isPaused() {
    return paused;
  }

  /** 0: no limit. */
  long concurrency() {
    return concurrency;
  }

  /** When the queue's rate allows a lease, ms since the epoch; 0: now. */
  long rateAllowsMs(long nowMs) {
    long nowUs = nowMs * 1_000;
    return limit.hasToken(bucketUs, nowUs) ? 0 : (limit.nextUs(bucketUs) + 999) / 1_000;
  }

  /** The line of a task that waits here. */
  Line lineOf(Task task) {
    return line(task.line);
  }

  /**
   * The task that is READY for the longest time, whoever may go; null: none waits. Brings nothing
   * into memory, for there may be many queues that nobody works at.
   */
  @Nullable Task oldest(TaskTable tasks) {
    if (lines != null) {
      Line line = lines.oldest();
      return line == null ? null : line.lane.look(tasks);
    }
    Task oldest = null;
    for (Line line : plainLines()) {
      Task head = line.lane.look(tasks);
      oldest = oldest == null || (head != null && head.position < oldest.position) ? head : oldest;
    }
    return oldest;
  }

  /** The lines with a higher priority, that what waits in them goes first. */
  long waitingAbove(int priority) {
    long above = lines == null ? 0 : lines.waitingAbove(priority);
    for (Line line : plainLines()) {
      above += line.priority > priority ? line.lane.size() : 0;
    }
    return above;
  }

  // Settings.

  long tenantConcurrency() {
    return tenantConcurrency;
  }

  Rate tenantRate() {
    return tenantRate;
  }

  /** Other settings hold from now on; all of them are given. */
  void configure(QueueSettings settings, MachineState state) {
    Rate before = rate;
    take(settings);
    if (!rate.equals(before)) {
      bucketUs = 0; // A changed limit begins with a full bucket.
    }
    if (lines != null) {
      lines.tenants.configured(state);
    }
  }

  private void take(QueueSettings settings) {
    concurrency = settings.getConcurrency();
    tenantConcurrency = settings.getTenantConcurrency();
    rate = settings.getRate();
    limit = RateLimit.of(rate);
    tenantRate = settings.getTenantRate();
    ageingMs = settings.getAgeingMs();
    paused = settings.getPaused();
    overflow = settings.getOverflow();
  }

  TenantInfo configure(ConfigureTenantRequest request, MachineState state) {
    return mixed(state).tenants.configure(request, state).toInfo();
  }

  /** Tenants in order of name; see ListTenantsRequest. */
  List<TenantInfo> tenants(String after, int limit) {
    return lines == null ? List.of() : lines.tenants.page(after, limit);
  }

  // The store. At start: the queue, its tenants, its lines, its leases, then the order of it all.

  void addTo(QueueRecord.Builder record) {
    for (Line line : plainLines()) {
      record.addLanes(QueueState.toRecord(line.lane));
    }
    record
        .setLines(lastLine)
        .setBucketUs(bucketUs)
        .setVirtualTimeUs(virtualTimeUs)
        .setAverageUs(averageUs);
  }

  void restore(QueueRecord record, long sequence) {
    lastBefore = sequence;
    for (LaneRecord lane : record.getLanesList()) {
      if (lane.getKind() == LaneKey.Kind.READY.code()) {
        int number = (int) lane.getLine();
        LaneKey key = plainKey(number);
        plain[number] =
            new Line(
                number,
                PRIORITIES - 1 - number,
                null,
                new Lane(key, lane.getSize(), lane.getHead(), sequence));
        waiting += lane.getSize();
      }
    }
    take(queue.settings.proto());
    lastLine = Math.max(lastLine, record.getLines());
    bucketUs = record.getBucketUs();
    virtualTimeUs = record.getVirtualTimeUs();
    averageUs = record.getAverageUs();
  }

  void restore(TenantRecord record) {
    restoredLines().tenants.restore(record);
  }

  void restore(LineRecord record) {
    restoredLines().restore(record, lastBefore);
    waiting += record.getSize();
  }

  private Lines restoredLines() {
    Lines mixed = lines;
    if (mixed == null) {
      mixed = new Lines(this);
      lines = mixed;
    }
    return mixed;
  }

  void restoreLeased(Task task) {
    running++;
    if (lines != null && task.line < PRIORITIES) {
      lines.tenants.none().running++;
    } else if (lines != null) {
      lines.restoreLeased(task);
    }
  }

  /** All that is stored is known. */
  void restored(MachineState state) {
    if (lines != null) {
      lines.restored(state);
      for (Line line : plainLines()) {
        lines.adopt(line, state);
      }
    }
  }
}
