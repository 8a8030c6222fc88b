package dev.muster.master.replication;

import dev.muster.master.log.v1.Command;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leader's loop: one thread that runs what the leader decides and gathers commands into
 * entries.
 *
 * <p>Natural batching: an entry takes all that arrived while the entry before it was on its way,
 * and entries overlap when what arrived is worth one of its own. There is no timer and no linger;
 * an idle master proposes at once, a loaded one in large entries. Everything that the leader alone
 * knows is confined to this thread, so that it needs no lock.
 */
public final class Proposer implements AutoCloseable {
  /**
   * An entry is closed when it holds so many bytes: large enough for the disk, small enough to keep
   * latency flat.
   */
  private static final long ENTRY_BYTES = 400_000;

  /**
   * A command larger than an entry counts for so many bytes: it costs apply little, and the disk is
   * faster with some of them at a time.
   */
  private static final long LARGE_WEIGHT = ENTRY_BYTES / 4;

  /**
   * No entry of several commands is larger than that: what Ratis writes at a time is bounded, see
   * {@link RaftSettings}.
   */
  private static final long ENTRY_BYTES_MAX = 5L << 20;

  /**
   * So many entries may be on their way: one being written, one waiting behind it, one being
   * applied.
   */
  private static final int IN_FLIGHT_MAX = 3;

  /**
   * How much may wait for an entry, and how much does.
   *
   * @param waitingBytes requests that wait for an entry beyond this are refused
   * @param overlapBytes behind an entry on its way another goes when at least so much is gathered
   */
  public record Bounds(long waitingBytes, long overlapBytes) {
    /**
     * Less gains hardly anything by going early: the disk has to end the entry before in any case,
     * and what each entry costs beside its commands, an fsync and a dozen words from thread to
     * thread, takes the time of those that wait.
     */
    private static final long OVERLAP_BYTES = 32_000;

    /**
     * The bounds of a master.
     *
     * @param waitingBytes as above
     */
    public static Bounds ofMaster(long waitingBytes) {
      return new Bounds(waitingBytes, OVERLAP_BYTES);
    }
  }

  private record Proposal(Command command, Reply reply, int bytes) {
    /** What it counts for in an entry, bytes. */
    long weight() {
      return bytes > ENTRY_BYTES ? LARGE_WEIGHT : bytes;
    }
  }

  /** Something to run on the loop when the open entry has room. */
  private record Request(Runnable task, long bytes, Runnable refuse) {
    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final Log log;
  private final LongSupplier clockMs;
  private final LongSupplier dice;
  private final Bounds bounds;
  private final Consumer<Throwable> onBroken;
  private final Thread thread;
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile boolean asleep;
  private volatile boolean closed;

  // The loop's own.
  private final ArrayDeque<Proposal> gathered = new ArrayDeque<>();
  private long gatheredWeight;
  private long wakeAtMs = Long.MAX_VALUE;
  private @Nullable Runnable beforeSealing;

  /** There may be something to seal: it is gathered, or something ran since there was room. */
  private boolean unsealed;

  /** The loop has to look again when an entry ends. Written by the loop, read by any thread. */
  private volatile boolean waitsForRoom;

  /**
   * @param clockMs the leader's clock, ms since the epoch
   * @param onBroken told when the loop dies of a fault of ours; the master must stop
   */
  public Proposer(Log log, LongSupplier clockMs, Bounds bounds, Consumer<Throwable> onBroken) {
    this(log, clockMs, new SplittableRandom()::nextLong, bounds, onBroken);
  }

  /**
   * The same, with the caller's dice.
   *
   * @param dice thrown once for each entry
   */
  public Proposer(
      Log log,
      LongSupplier clockMs,
      LongSupplier dice,
      Bounds bounds,
      Consumer<Throwable> onBroken) {
    this.log = log;
    this.dice = dice;
    this.bounds = bounds;
    this.clockMs = clockMs;
    this.onBroken = onBroken;
    this.thread = new Thread(this::loop, "muster-proposer");
    thread.setDaemon(true);
  }

  /**
   * Starts the loop. It runs {@code beforeSealing} before an entry is closed, which may add to it.
   */
  public void start(Runnable beforeSealing) {
    drive(beforeSealing);
    thread.start();
  }

  /**
   * Instead of {@link #start}: no thread runs the loop but the caller's, by {@link #step}. So a
   * test decides what happens between any two steps.
   */
  public void drive(Runnable beforeSealing) {
    this.beforeSealing = beforeSealing;
  }

  /**
   * Runs something on the loop that will propose, in turn and when the open entry has room. Any
   * thread.
   *
   * @param bytes about what it will propose
   * @param task called on the loop
   * @param refuse called instead when the master stops before its turn comes
   * @return false: too much waits already, and neither will be called
   */
  public boolean submit(long bytes, Runnable task, Runnable refuse) {
    if (closed || waitingBytes.get() > bounds.waitingBytes) {
      return false;
    }
    waitingBytes.addAndGet(bytes);
    Request request = new Request(task, bytes, refuse);
    requests.add(request);
    // Closed meanwhile: either the loop has answered it on its way out, or nobody will.
    if (closed && requests.remove(request)) {
      return false;
    }
    wake();
    return true;
  }

  /** Runs something on the loop, soon and in order. Any thread. */
  public void execute(Runnable task) {
    tasks.add(task);
    wake();
  }

  /** Adds a command to the entry that is being gathered. On the loop only. */
  public void propose(Command command, Reply reply) {
    Proposal proposal = new Proposal(command, reply, command.getSerializedSize());
    gathered.add(proposal);
    gatheredWeight += proposal.weight();
  }

  private void wake() {
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  private void loop() {
    try {
      while (!closed) {
        if (!step()) {
          asleep = true;
          if (hasNothingToDo()) {
            park();
          }
          asleep = false;
        }
      }
      answerTheRest();
    } catch (RuntimeException | Error e) {
      onBroken.accept(e);
    }
  }

  private boolean hasNothingToDo() {
    return tasks.isEmpty() && (requests.isEmpty() || !mayGather()) && !(waitsForRoom && hasRoom());
  }

  /** What is gathered may go into the log. */
  private boolean hasRoom() {
    int entries = inFlight.get();
    return entries == 0 || (entries < IN_FLIGHT_MAX && gatheredWeight >= bounds.overlapBytes);
  }

  /**
   * The loop looks again at this time, whatever happens: {@code beforeSealing} is called then. On
   * the loop only; the last call counts.
   *
   * @param atMs by the leader's clock, ms since the epoch; {@link Long#MAX_VALUE}: need not
   */
  public void wakeAt(long atMs) {
    wakeAtMs = atMs;
  }

  private void park() {
    if (wakeAtMs == Long.MAX_VALUE) {
      LockSupport.park(this);
    } else {
      long waitMs = Math.max(1, wakeAtMs - clockMs.getAsLong());
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(waitMs));
    }
  }

  /**
   * One turn of the loop. False: nothing to do until something is given to it. On the loop only,
   * which is the caller's thread after {@link #drive}.
   */
  public boolean step() {
    boolean worked = false;
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
      worked = true;
    }
    while (mayGather()) {
      Request next = requests.poll();
      if (next == null) {
        break;
      }
      waitingBytes.addAndGet(-next.bytes);
      next.task.run();
      worked = true;
    }
    unsealed |= worked;
    boolean room = hasRoom();
    waitsForRoom = unsealed && !room;
    if (room) {
      if (beforeSealing != null) {
        beforeSealing.run();
      }
      if (!gathered.isEmpty()) {
        append();
        worked = true;
      }
      unsealed = !gathered.isEmpty();
    }
    return worked;
  }

  /** A full entry that waits for its turn is full: what comes behind it stays outside. */
  private boolean mayGather() {
    return gatheredWeight < ENTRY_BYTES;
  }

  private void append() {
    Batch batch = new Batch();
    long weight = 0;
    do {
      Proposal next = gathered.remove();
      gatheredWeight -= next.weight();
      weight += next.weight();
      batch.add(next.command, next.reply);
    } while (!gathered.isEmpty()
        && weight + gathered.element().weight() <= ENTRY_BYTES
        && batch.bytes() + gathered.element().bytes <= ENTRY_BYTES_MAX);
    inFlight.incrementAndGet();
    log.append(batch, batch.seal(clockMs.getAsLong(), dice.getAsLong()), answered -> ended());
  }

  /** Any thread. When nothing waits for it, nobody is woken. */
  private void ended() {
    inFlight.decrementAndGet();
    if (waitsForRoom) {
      wake();
    }
  }

  private void answerTheRest() {
    gathered.forEach(proposal -> proposal.reply.unknown("the master is stopping"));
    for (Request next = requests.poll(); next != null; next = requests.poll()) {
      next.refuse.run();
    }
  }

  /**
   * Stops the loop: what is in flight is still answered, what waits is answered as unknown. Safe to
   * call twice.
   */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    if (thread.isAlive() && Thread.currentThread() != thread) {
      try {
        thread.join(5_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
