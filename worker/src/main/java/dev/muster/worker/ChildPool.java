package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.common.InvalidInputException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a worker's handlers: one warm standby beyond those that slots have, started
 * before it is needed. Threads of its own start them, as many at a time as there are processors to
 * spare. Thread-safe.
 */
final class ChildPool {
  private static final long RETRY_MS_MIN = 500;
  private static final long RETRY_MS_MAX = 30_000;

  /** So many failed starts in a row, and whoever waits hears of it. */
  private static final int FAILURES_TOLD = 3;

  private final String worker;
  private final ChildOptions options;
  private final ChildCommand command;
  private final SideThreads aside;
  private final Consumer<String> warnings;

  @GuardedBy("this")
  private ChildProgram program;

  /** Which program it is: one more each time that it is replaced. */
  @GuardedBy("this")
  private int generation;

  /** Of this generation only. */
  @GuardedBy("this")
  private final Deque<ChildProcess> warm = new ArrayDeque<>();

  @GuardedBy("this")
  private final Set<ChildProcess> all = new HashSet<>();

  @GuardedBy("this")
  private int starting;

  /** Slots that wait for one. */
  @GuardedBy("this")
  private int wanted;

  /** In a row. */
  @GuardedBy("this")
  private int failures;

  @GuardedBy("this")
  private String lastFailure = "";

  @GuardedBy("this")
  private boolean stopped;

  private ChildPool(
      String worker,
      ChildProgram program,
      ChildOptions options,
      SideThreads aside,
      Consumer<String> warnings) {
    this.worker = worker;
    this.program = program;
    this.options = options;
    this.command = new ChildCommand(options);
    this.aside = aside;
    this.warnings = warnings;
  }

  /**
   * Starts the first process and waits until it is warm, so that what is wrong with all of them is
   * told at once.
   *
   * @throws InvalidInputException when it does not start
   */
  static ChildPool start(
      String worker,
      ChildProgram program,
      ChildOptions options,
      int slots,
      SideThreads aside,
      Consumer<String> warnings) {
    ChildPool pool = new ChildPool(worker, program, options, aside, warnings);
    try {
      pool.add(pool.startOne());
    } catch (ChildStartException e) {
      pool.stop();
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
    int threads = Math.max(1, Math.min(slots, Runtime.getRuntime().availableProcessors() / 2));
    for (int i = 1; i <= threads; i++) {
      Thread thread = new Thread(pool::keepWarm, worker + "-starter-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    return pool;
  }

  synchronized ChildProgram program() {
    return program;
  }

  /**
   * From here on processes load this instead. The first one is started before anything changes; one
   * that runs a task is replaced when the task is over.
   *
   * @throws InvalidInputException when it does not start; nothing has changed then
   */
  void replace(ChildProgram replacement) {
    int next;
    synchronized (this) {
      next = generation + 1;
    }
    ChildProcess first;
    try {
      first = start(replacement, next);
    } catch (ChildStartException e) {
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
    List<ChildProcess> old;
    synchronized (this) {
      program = replacement;
      generation = next;
      old = List.copyOf(warm);
      warm.clear();
    }
    old.forEach(ChildProcess::close);
    add(first);
  }

  private ChildProcess startOne() throws ChildStartException {
    ChildProgram latest;
    int itsGeneration;
    synchronized (this) {
      latest = program;
      itsGeneration = generation;
    }
    return start(latest, itsGeneration);
  }

  private ChildProcess start(ChildProgram what, int itsGeneration) throws ChildStartException {
    ChildProcess child = ChildProcess.start(worker, command, options, itsGeneration, aside);
    boolean late;
    synchronized (this) {
      all.add(child);
      late = stopped;
    }
    if (late) {
      child.close();
    }
    child.onEnd(() -> ended(child));
    child.begin(what.begin());
    return child;
  }

  private synchronized void ended(ChildProcess child) {
    all.remove(child);
    if (warm.remove(child)) {
      notifyAll(); // another one must be started
    }
  }

  private void add(ChildProcess child) {
    boolean late;
    synchronized (this) {
      failures = 0;
      late = stopped || child.generation() != generation;
      if (!late && child.isAlive()) {
        warm.addLast(child);
      }
      notifyAll();
    }
    if (late) {
      child.close();
    }
  }

  private void keepWarm() {
    try {
      while (awaitNeed()) {
        try {
          ChildProcess child = startOne();
          synchronized (this) {
            starting--;
          }
          add(child);
        } catch (ChildStartException e) {
          failed(String.valueOf(e.getMessage()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does: the threads are our own
    }
  }

  private synchronized boolean awaitNeed() throws InterruptedException {
    while (!stopped && warm.size() + starting > wanted) {
      wait();
    }
    starting++;
    return !stopped;
  }

  private void failed(String why) throws InterruptedException {
    boolean tell;
    synchronized (this) {
      starting--;
      failures++;
      lastFailure = why;
      tell = failures == 1 && !stopped;
      notifyAll();
    }
    if (tell) {
      warnings.accept(why + "; the worker keeps trying");
    }
    synchronized (this) {
      long waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN << Math.min(failures - 1, 10));
      long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
      long leftMs = waitMs;
      while (!stopped && leftMs > 0) {
        wait(leftMs);
        leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      }
    }
  }

  /**
   * A warm one, now the caller's; waits for it.
   *
   * @throws ChildStartException when none starts
   */
  synchronized ChildProcess take() throws InterruptedException, ChildStartException {
    wanted++;
    notifyAll();
    try {
      int told = failures;
      while (warm.isEmpty()) {
        if (stopped) {
          throw new ChildStartException("the worker ends");
        }
        if (failures >= Math.max(FAILURES_TOLD, told + 1)) {
          throw new ChildStartException(lastFailure);
        }
        wait();
      }
      return warm.removeFirst();
    } finally {
      wanted--;
      notifyAll();
    }
  }

  /** A warm one, now the caller's; null: none is. */
  synchronized @Nullable ChildProcess takeIfWarm() {
    ChildProcess child = warm.pollFirst();
    if (child != null) {
      notifyAll();
    }
    return child;
  }

  /** Whether it should be replaced. */
  boolean isWorn(ChildProcess child) {
    return child.isWorn() || mustGo(child);
  }

  /** Whether it may run nothing more: it had its tasks, or its handlers are not those of today. */
  synchronized boolean mustGo(ChildProcess child) {
    return (options.maxTasks() > 0 && child.tasks() >= options.maxTasks())
        || child.generation() != generation;
  }

  /** No more are started; all that there are end. */
  void stop() {
    Set<ChildProcess> ending;
    synchronized (this) {
      stopped = true;
      warm.clear();
      ending = new HashSet<>(all);
      notifyAll();
    }
    ending.forEach(ChildProcess::close);
  }
}
