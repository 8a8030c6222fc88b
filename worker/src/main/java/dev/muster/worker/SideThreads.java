package dev.muster.worker;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does beside its slots: steps at their time, a user's callbacks, and looks at what
 * runs. One thread each, made when first needed, so that a slow callback delays no step.
 * Thread-safe.
 */
final class SideThreads {
  private static final Logger LOG = LoggerFactory.getLogger(SideThreads.class);

  private static final int LOOKS_MAX = 100;

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor callbacks;
  private final ThreadPoolExecutor looks;

  SideThreads(String worker) {
    timer = new ScheduledThreadPoolExecutor(1, named(worker + "-timer"), new Late());
    callbacks = lane(worker + "-callbacks", Integer.MAX_VALUE);
    looks = lane(worker + "-looks", LOOKS_MAX);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static ThreadPoolExecutor lane(String name, int waitingMax) {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.MILLISECONDS,
        new LinkedBlockingQueue<>(waitingMax),
        named(name),
        new Late());
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

  /** Looks into something for somebody who waits, which may take a while; dropped when many do. */
  void look(Runnable task) {
    looks.execute(guarded(task));
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
    looks.shutdownNow();
  }

  /** A worker that has ended takes no more steps, and a lane that is full no more of them. */
  private static final class Late extends ThreadPoolExecutor.DiscardPolicy {}
}
