package dev.muster.client.pool;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The maps and calls of a pool that have not ended. Thread-safe. */
final class UnderWay {
  private final Set<Work> works = ConcurrentHashMap.newKeySet();

  /** A map or a call. Not a record: each is only itself. */
  static final class Work {
    private final CompletableFuture<?> end;
    private final Runnable callOff;
    private final long task;
    private volatile boolean calledOff;

    private Work(CompletableFuture<?> end, Runnable callOff, long task) {
      this.end = end;
      this.callOff = callOff;
      this.task = task;
    }

    /** Together with all others: its task is, or was, cancelled in one request with theirs. */
    boolean isCalledOff() {
      return calledOff;
    }
  }

  /**
   * A map begins.
   *
   * @param callOff must not wait
   */
  Work map(CompletableFuture<?> end, Runnable callOff) {
    return begun(new Work(end, callOff, 0));
  }

  /** A call begins; cancelling its end calls it off. */
  Work call(CompletableFuture<?> end, long task) {
    return begun(new Work(end, () -> end.cancel(true), task));
  }

  private Work begun(Work work) {
    works.add(work);
    return work;
  }

  void ended(Work work) {
    works.remove(work);
  }

  /** Waits until all have ended, at most so long; returns whether they have. */
  boolean join(Duration timeout) throws InterruptedException {
    return join(List.copyOf(works), timeout.toNanos());
  }

  private static boolean join(List<Work> works, long timeoutNanos) throws InterruptedException {
    CompletableFuture<?> all =
        CompletableFuture.allOf(
            works.stream()
                .map(work -> work.end.handle((value, failure) -> value))
                .toArray(CompletableFuture<?>[]::new));
    try {
      var unused = all.get(timeoutNanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("ends are never failures here", e);
    }
  }

  /**
   * Asks all to end, and only then waits for them; at most so long in all.
   *
   * @param cancelTasks calls tasks of calls off, all with one request
   * @throws MusterException when some could not be called off in time; the others are
   */
  void callOffAll(Consumer<List<Long>> cancelTasks, Duration limit) throws InterruptedException {
    long endNanos = System.nanoTime() + limit.toNanos();
    List<Work> all = List.copyOf(works);
    all.stream().filter(work -> work.task == 0).forEach(work -> work.callOff.run());
    MusterException failure = null;
    List<Work> calls = all.stream().filter(work -> work.task != 0).toList();
    if (!calls.isEmpty()) {
      failure = cancel(calls, cancelTasks);
    }
    if (!join(all, Math.max(0, endNanos - System.nanoTime())) && failure == null) {
      long left = all.stream().filter(work -> !work.end.isDone()).count();
      failure =
          new TimedOutException(
              left
                  + " of "
                  + all.size()
                  + " maps and calls did not end within "
                  + limit.toSeconds()
                  + " s: the master did not take their last state");
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static @Nullable MusterException cancel(
      List<Work> calls, Consumer<List<Long>> cancelTasks) {
    calls.forEach(work -> work.calledOff = true);
    try {
      cancelTasks.accept(calls.stream().map(work -> work.task).toList());
      return null;
    } catch (MusterException e) {
      return e;
    } finally {
      calls.forEach(work -> work.callOff.run()); // who waits for them hears of it all the same
    }
  }
}
