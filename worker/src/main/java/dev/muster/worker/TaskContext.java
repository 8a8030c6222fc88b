package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.Usage;
import dev.muster.proto.v1.WorkerFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The task that a handler runs: which one it is, whether it still should run, and what it has to
 * say. Thread-safe. When the handler has returned, what is said here goes nowhere.
 */
public final class TaskContext {
  private static final int PROGRESS_BYTES_MAX = 1 << 10;
  private static final int LOG_LINE_BYTES_MAX = 4 << 10;

  private final Offer offer;
  private final int index;
  private final TaskServices services;
  private volatile boolean cancelled;
  private volatile boolean ended;
  private volatile @Nullable Usage usage;
  private volatile @Nullable RunElsewhere elsewhere;

  // This object's lock: made when first needed, for most tasks never.
  private @Nullable List<Runnable> callbacks;
  private @Nullable FollowUps followUps;
  private @Nullable List<Input> inputs;
  private long moreCpuNs;

  // Of a chunk only: which of its items runs. The slot's thread writes them between items.
  private volatile int items;
  private volatile int itemsDone;
  private volatile int itemAttempt;

  // The lock of the reports.
  private long partials;
  private int waitingPartials;

  TaskContext(Offer offer, int index, TaskServices services) {
    this.offer = offer;
    this.index = index;
    this.services = services;
  }

  /** The task's id, as {@code enqueue} returned it. */
  public long taskId() {
    return offer.getIds(index);
  }

  /** The queue that it came from. */
  public String queue() {
    return offer.getQueue();
  }

  /** The handler's name, as the task gives it. */
  public String handler() {
    return offer.getOptions().getHandler();
  }

  /** How often it was leased, this time included: from 1. Of an item of a map, how often it ran. */
  public int attempt() {
    if (itemAttempt > 0) {
      return itemAttempt;
    }
    return offer.getAttemptsCount() == 0 ? 1 : offer.getAttempts(index);
  }

  /** How often a worker died while it ran. */
  public int crashes() {
    return offer.getCrashesCount() == 0 ? 0 : offer.getCrashes(index);
  }

  /** 0 to 9; 9 goes first. */
  public int priority() {
    return offer.getOptions().getPriority();
  }

  /** How many of the worker's slots it takes, at least 1. */
  public int cost() {
    return Math.max(1, offer.getOptions().getCost());
  }

  /** What the producer attached. */
  public Map<String, String> headers() {
    return offer.getOptions().getHeadersMap();
  }

  /**
   * Whether the task was called off, belongs to another worker by now, ran too long, or must end
   * because this worker goes. A long task should look now and then, and return. When somebody
   * called it off and the handler returns a result all the same, the task is a success.
   */
  public boolean isCancelled() {
    return cancelled;
  }

  /**
   * Ends the handler when {@link #isCancelled()}.
   *
   * @throws CancelledTaskException then; let it pass
   */
  public void checkCancelled() {
    if (cancelled) {
      throw new CancelledTaskException(
          "task " + Long.toUnsignedString(taskId()) + " was called off");
    }
  }

  /**
   * Runs a callback once when the task is cancelled while its handler runs, on a thread that all
   * such callbacks of the worker share: for what blocks without looking at interrupts, such as
   * {@code context.onCancel(process::destroy)}. Must be short. At once, on this thread, when it is
   * cancelled already.
   */
  public void onCancel(Runnable callback) {
    synchronized (this) {
      if (!cancelled) {
        if (callbacks == null) {
          callbacks = new ArrayList<>();
        }
        callbacks.add(callback);
        return;
      }
    }
    callback.run();
  }

  /**
   * Says how far the task is; the master keeps the latest in memory, and counts it as a sign of
   * life against the task's progress time-out. Cheap: what is newer takes the place of what no
   * frame has taken yet.
   *
   * @param fraction 0 to 1; below 0: unknown, only a sign of life
   * @param message for people; cut at 1 KiB
   */
  public void progress(double fraction, String message) {
    if (Double.isNaN(fraction) || fraction > 1) {
      throw new InvalidInputException(
          "progress must be 0 to 1, or below 0 when it is unknown, found " + fraction);
    }
    if (!ended) {
      double share = items == 0 || fraction < 0 ? fraction : (itemsDone + fraction) / items;
      services.reports().progress(this, share, Failures.cut(message, PROGRESS_BYTES_MAX));
    }
  }

  /** A sign of life, see {@link #progress}. */
  public void heartbeat() {
    progress(-1, "");
  }

  /** A line for whoever watches the task, level INFO; see {@link #log(String, String)}. */
  public void log(String text) {
    log("INFO", text);
  }

  /**
   * A line for whoever watches the task now; the master keeps the last ones while it runs. Never
   * waits: when more than 1,000 lines of this worker wait to be sent, the oldest are dropped, and a
   * line says how many.
   *
   * @param level "INFO", "WARN", "ERROR", …
   * @param text cut at 4 KiB
   */
  public void log(String level, String text) {
    if (!ended) {
      services.reports().log(this, line(level, text));
    }
  }

  LogLine line(String level, String text) {
    return LogLine.newBuilder()
        .setId(taskId())
        .setToken(token())
        .setAtMs(System.currentTimeMillis())
        .setLevel(Failures.cut(level, Limits.NAME_BYTES_MAX))
        .setText(Failures.cut(text, LOG_LINE_BYTES_MAX))
        .build();
  }

  /**
   * A part of the result, for whoever watches the task; numbered from 1 in each attempt. Written as
   * a result is, see {@link Handler#apply}. Never waits: of what no frame has taken yet, the last
   * 256 of a task and 16 MiB of the worker are kept, as the master keeps the last 256.
   *
   * @throws InvalidInputException when it has more than 4 MiB
   */
  public void partial(Object value) {
    EncodedValue encoded = EncodedValue.of(value);
    if (encoded.bytes().size() > Limits.PAYLOAD_BYTES_MAX) {
      throw new InvalidInputException(
          "a partial result must have at most "
              + Limits.PAYLOAD_BYTES_MAX
              + " bytes, found "
              + encoded.bytes().size()
              + ": send it in more parts");
    }
    if (!ended) {
      services.reports().partial(this, encoded);
    }
  }

  /**
   * What the tasks that this one depends on came to, in the order in which it names them; empty
   * when it depends on none. Asks the master at the first call, and waits while it is away.
   *
   * @throws CancelledTaskException when the task is called off meanwhile
   * @throws dev.muster.common.RefusedException when the master does not know the task any more
   */
  public List<Input> inputs() throws InterruptedException {
    if (offer.getInputsCount() == 0 || offer.getInputs(index) == 0) {
      return List.of();
    }
    synchronized (this) {
      if (inputs != null) {
        return inputs;
      }
    }
    List<Input> fetched = services.inputs().fetch(this); // at worst twice
    synchronized (this) {
      inputs = fetched;
    }
    return fetched;
  }

  /**
   * Enqueues a task together with this one's completion: durably when the master accepts that, not
   * at all when the attempt fails, is cancelled or was lost. This task is its parent. So a task
   * that runs twice enqueues its follow-ups once.
   *
   * @throws InvalidInputException when this task's follow-ups have more than 4 MiB together, or are
   *     more than 65,536
   */
  public void enqueue(FollowUp task) {
    synchronized (this) {
      if (followUps == null) {
        followUps = new FollowUps();
      }
      followUps.add(task);
    }
  }

  /**
   * Adds CPU time that something else used for this task, a program that its handler ran for
   * example, to what its thread used. Both are in the task's timeline, for attempts of 10 ms or
   * longer.
   */
  public synchronized void usedCpu(Duration more) {
    moreCpuNs += more.toNanos();
  }

  /** What {@link #usedCpu} added, ns. */
  synchronized long moreCpuNs() {
    return moreCpuNs;
  }

  /** Guards the items of a chunk against running too long; 0 ms: without limit. */
  ItemWatch itemWatch(long limitMs) {
    return new ItemWatch(services.aside(), limitMs);
  }

  /** An item of a chunk begins: what the one before said of itself, and left to do, is over. */
  void beginItem(int done, int of, int attempt) {
    items = of;
    itemsDone = done;
    itemAttempt = attempt;
    synchronized (this) {
      callbacks = null;
      followUps = null;
    }
  }

  /** So many items of a chunk are done: a sign of life, and how far it is. */
  void endItem(int done, int of) {
    synchronized (this) {
      callbacks = null;
    }
    if (done > 0 && done < of && !ended) {
      services.reports().progress(this, (double) done / of, done + " of " + of + " items");
    }
  }

  synchronized List<EnqueueRequest> followUps() {
    return followUps == null ? List.of() : followUps.build();
  }

  /** How many slots, for people. */
  String slots() {
    return cost() == 1 ? "1 slot is" : cost() + " slots are";
  }

  Offer offer() {
    return offer;
  }

  TaskOptions options() {
    return offer.getOptions();
  }

  int index() {
    return index;
  }

  long token() {
    return offer.getToken();
  }

  /** An offer of only this task. */
  Offer single() {
    if (offer.getIdsCount() == 1) {
      return offer;
    }
    return Offer.newBuilder()
        .setQueue(offer.getQueue())
        .setOptions(offer.getOptions())
        .setToken(offer.getToken())
        .addIds(taskId())
        .addPayloads(offer.getPayloads(index))
        .addAttempts(attempt())
        .addCrashes(crashes())
        .addInputs(offer.getInputsCount() == 0 ? 0 : offer.getInputs(index))
        .build();
  }

  /** The handler is done, or nobody waits for it. */
  boolean hasEnded() {
    return ended;
  }

  /** It runs in another process from here on. */
  void runs(RunElsewhere where) {
    elsewhere = where;
  }

  /** The other process that it runs in; null: it runs on its slot's thread. */
  @Nullable RunElsewhere elsewhere() {
    return elsewhere;
  }

  /** What its handler said in another process. */
  void relay(WorkerFrame said) {
    if (ended) {
      return;
    }
    for (Progress progress : said.getProgressList()) {
      services.reports().progress(this, progress.getFraction(), progress.getMessage());
    }
    for (LogLine line : said.getLogLinesList()) {
      services.reports().log(this, line);
    }
    for (PartialResult partial : said.getPartialsList()) {
      EncodedValue value = new EncodedValue(partial.getValue(), partial.getContentType());
      services.reports().partial(this, value);
    }
  }

  /** Nobody waits for its outcome any more; see {@link RunElsewhere#kill}. */
  void forgotten(long graceMs) {
    RunElsewhere where = elsewhere;
    if (where != null) {
      where.kill(graceMs);
    }
  }

  /** Whether the worker is about to go: a chunk ends with the item that runs. */
  boolean isDraining() {
    return services.draining().get();
  }

  /** The worker drains: its process, if it has one, is to know. Does not wait. */
  void drain() {
    RunElsewhere where = elsewhere;
    if (where != null) {
      services.aside().after(0, where::drain);
    }
  }

  /** Sets the token that the handler sees, and hands its callbacks over. Does not wait. */
  void cancel() {
    List<Runnable> due;
    synchronized (this) {
      cancelled = true;
      due = callbacks;
      callbacks = null;
    }
    if (due != null) {
      due.forEach(callback -> services.aside().call(callback));
    }
  }

  /** The handler is done. */
  void end() {
    ended = true;
  }

  /** What the attempt used, where its slot's thread does not tell. Before its handler returns. */
  void usage(Usage measured) {
    usage = measured;
  }

  /** Null: as the slot measures it. */
  @Nullable Usage usage() {
    return usage;
  }

  long nextPartial() {
    return ++partials;
  }

  /** Counts partial results that no frame has taken; returns how many there are. */
  int waitingPartials(int more) {
    waitingPartials += more;
    return waitingPartials;
  }
}
