package dev.muster.client.pool;

import dev.muster.common.InvalidInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A pool as an executor of {@link RemoteCall}s. Cancelling a future calls its task off.
 * Thread-safe.
 */
final class PoolExecutor implements ExecutorService {
  private static final long FOREVER_NANOS = Long.MAX_VALUE / 4;

  private final Pool pool;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, CompletableFuture<?>> running = new ConcurrentHashMap<>();
  private volatile boolean shutdown;

  PoolExecutor(Pool pool) {
    this.pool = pool;
  }

  @Override
  public <T> CompletableFuture<T> submit(Callable<T> task) {
    return start(task);
  }

  @Override
  public CompletableFuture<?> submit(Runnable task) {
    throw refusal(task);
  }

  @Override
  public <T> CompletableFuture<T> submit(Runnable task, T result) {
    throw refusal(task);
  }

  @Override
  public void execute(Runnable task) {
    throw refusal(task);
  }

  private <T> CompletableFuture<T> start(Callable<T> task) {
    RemoteCall<?, T> call = remote(task);
    if (shutdown) {
      throw new RejectedExecutionException("the executor is shut down");
    }
    CompletableFuture<T> future = call(call);
    long number = numbers.incrementAndGet();
    running.put(number, future);
    var unused = future.whenComplete((value, failure) -> ended(number));
    return future;
  }

  private <A, T> CompletableFuture<T> call(RemoteCall<A, T> call) {
    return pool.call(call.function(), call.argument());
  }

  private void ended(long number) {
    running.remove(number);
    synchronized (this) {
      notifyAll();
    }
  }

  private static <T> RemoteCall<?, T> remote(Callable<T> task) {
    if (task instanceof RemoteCall<?, T> call) {
      return call;
    }
    throw refusal(task);
  }

  private static InvalidInputException refusal(Object task) {
    return new InvalidInputException(
        "a pool runs handlers that its workers have: expected a RemoteCall, found "
            + task.getClass().getName()
            + "; code such as a lambda cannot travel");
  }

  @Override
  public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
      throws InterruptedException {
    return invokeAll(tasks, FOREVER_NANOS, TimeUnit.NANOSECONDS);
  }

  @Override
  public <T> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException {
    List<CompletableFuture<T>> started = startAll(tasks);
    try {
      CompletableFuture.allOf(started.toArray(CompletableFuture<?>[]::new)).get(timeout, unit);
    } catch (TimeoutException | ExecutionException e) {
      // Each future says for itself how it ended; those that have not are called off below.
    } finally {
      started.forEach(future -> future.cancel(true)); // nothing to those that have ended
    }
    return List.copyOf(started);
  }

  @Override
  public <T> T invokeAny(Collection<? extends Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    try {
      return invokeAny(tasks, FOREVER_NANOS, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("waited for ever", e);
    }
  }

  @Override
  public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("at least one task is needed, found none");
    }
    List<CompletableFuture<T>> started = startAll(tasks);
    CompletableFuture<T> first = new CompletableFuture<>();
    AtomicInteger left = new AtomicInteger(started.size());
    for (CompletableFuture<T> future : started) {
      var unused =
          future.whenComplete(
              (value, failure) -> {
                if (failure == null) {
                  first.complete(value);
                } else if (left.decrementAndGet() == 0) {
                  first.completeExceptionally(failure);
                }
              });
    }
    try {
      return first.get(timeout, unit);
    } catch (CancellationException e) {
      throw new ExecutionException("all tasks were cancelled", e);
    } finally {
      started.forEach(future -> future.cancel(true));
    }
  }

  /** All are looked at before the first one is started. */
  private <T> List<CompletableFuture<T>> startAll(Collection<? extends Callable<T>> tasks) {
    for (Callable<T> task : tasks) {
      var unused = remote(task);
    }
    List<CompletableFuture<T>> started = new ArrayList<>(tasks.size());
    try {
      for (Callable<T> task : tasks) {
        started.add(start(task));
      }
    } catch (RuntimeException e) {
      started.forEach(future -> future.cancel(true)); // nobody will hear of them
      throw e;
    }
    return started;
  }

  @Override
  public void shutdown() {
    shutdown = true;
    synchronized (this) {
      notifyAll();
    }
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown();
    running.values().forEach(future -> future.cancel(true));
    return List.of(); // all have begun: the master has them
  }

  @Override
  public boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return shutdown && running.isEmpty();
  }

  @Override
  public synchronized boolean awaitTermination(long timeout, TimeUnit unit)
      throws InterruptedException {
    long endNanos = System.nanoTime() + unit.toNanos(timeout);
    while (!isTerminated()) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }
}
