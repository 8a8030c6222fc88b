package dev.muster.worker;

import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one slot in a process, which is replaced when it died, had its number of tasks,
 * grew too large or has other handlers than the worker by now. The next one is always warm before
 * the old one goes. For the slot's thread.
 */
final class ChildSlot implements SlotRunner {
  /** A task for which so many processes died before they began it is given up as crashed. */
  private static final int BEGINNINGS_MAX = 3;

  private final ChildPool pool;
  private final SlotRunner onThread;
  private @Nullable ChildProcess child;

  ChildSlot(ChildPool pool, SlotRunner own) {
    this.pool = pool;
    this.onThread = new ThreadRunner(pool.program().inWorkerFirst(), own);
    try {
      child = pool.take(); // early: the first task should not wait for it
    } catch (InterruptedException | ChildStartException e) {
      child = null; // the first task takes one, and says why it cannot
    }
  }

  @Override
  public Outcome run(TaskContext task) {
    if (pool.program().inWorker().contains(task.handler())) {
      return onThread.run(task);
    }
    String cause = "";
    for (int i = 0; i < BEGINNINGS_MAX; i++) {
      ChildProcess runs;
      try {
        runs = next();
      } catch (InterruptedException e) { // called off or lost while it waited
        return Outcome.failed(Failures.thrown(e, true));
      } catch (ChildStartException e) {
        return Outcome.RETURNED; // the pool says why; another worker may do better
      }
      Outcome outcome = runs.run(task);
      if (outcome != null) {
        return outcome;
      }
      cause = runs.deathCause(); // it never had the task: another one runs it
    }
    return Outcome.crashed("its process ended before the handler began: " + cause);
  }

  private ChildProcess next() throws InterruptedException, ChildStartException {
    ChildProcess old = child;
    if (old != null && old.isAlive()) {
      if (!pool.isWorn(old)) {
        return old;
      }
      // One that only grew goes on until the next is warm; another waits for it.
      ChildProcess fresh = pool.mustGo(old) ? pool.take() : pool.takeIfWarm();
      if (fresh == null) {
        return old;
      }
      child = fresh;
      old.close();
      return fresh;
    }
    child = null;
    ChildProcess fresh = pool.take();
    child = fresh;
    return fresh;
  }

  @Override
  public void close() {
    if (child != null) {
      child.close();
    }
  }
}
