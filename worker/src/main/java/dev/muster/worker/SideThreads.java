package dev.muster.worker;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does beside its slots: steps at their time, and a user's callbacks. One thread
 * each, made when first needed, so that a slow callback delays no step. Thread-safe.
 */
final class SideThreads {
  private static final Logger LOG = LoggerFactory.getLogger(SideThreads.class);

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor callbacks;

  SideThreads(String worker) {
    timer = new ScheduledThreadPoolExecutor(1, named(worker + "-timer"), new Late());
    callbacks =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.MILLISECONDS,
            new LinkedBlockingQueue<>(),
            named(worker + "-callbacks"),
            new Late());
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static ThreadFactory named(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Runs a short step after so long. */
  void after(long delayMs, Runnable step) {
    var unused = timer.schedule(guarded(step), delayMs, TimeUnit.MILLISECONDS);
  }

  /** Runs a user's code, after what was handed in before. */
  void call(Runnable callback) {
    callbacks.execute(guarded(callback));
  }

  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.warn("a callback failed", e);
      }
    };
  }

  /** Forgets steps that are not due; lets callbacks run to their end. */
  void stop() {
    timer.shutdown();
    callbacks.shutdown();
  }

  /** A worker that has ended takes no more steps. */
  private static final class Late extends ThreadPoolExecutor.DiscardPolicy {}
}
