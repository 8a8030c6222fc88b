package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.TaskResult;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Awaits many tasks with few calls: while one {@code Await} call is opened, further ids gather for
 * the next. When many calls are open, the smaller ones are ended and what they still wait for joins
 * the next call, so that their number stays small however long the tasks take. Thread-safe; one
 * thread opens the calls.
 */
final class ResultAwaiter implements AwaitCall.Listener {
  private static final int OPEN_CALLS_MAX = 16;

  private final Supplier<Channel> channels;
  private final Backoff backoff;

  @GuardedBy("this")
  private final Map<Long, Waiter> waiters = new HashMap<>();

  @GuardedBy("this")
  private final Set<Long> pending = new LinkedHashSet<>();

  @GuardedBy("this")
  private final List<AwaitCall> open = new ArrayList<>();

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private boolean closed;

  private volatile boolean works = true;

  ResultAwaiter(Supplier<Channel> channels, Backoff backoff) {
    this.channels = channels;
    this.backoff = backoff;
  }

  /** Those who wait for one task. */
  private static final class Waiter {
    final CompletableFuture<TaskResult> result = new CompletableFuture<>();
    int interest;
  }

  /** Completes, not on the event loop, when the task is terminal or unknown. */
  synchronized CompletableFuture<TaskResult> join(long id) {
    if (closed) {
      return CompletableFuture.failedFuture(new MusterException("the client is closed"));
    }
    Waiter waiter = waiters.get(id);
    if (waiter == null) {
      waiter = new Waiter();
      waiters.put(id, waiter);
      pending.add(id);
      startThread();
      notifyAll();
    }
    waiter.interest++;
    return waiter.result;
  }

  /** One who joined does not wait any more. */
  synchronized void leave(long id, CompletableFuture<TaskResult> result) {
    Waiter waiter = waiters.get(id);
    if (waiter == null || waiter.result != result || --waiter.interest > 0) {
      return;
    }
    waiters.remove(id);
    pending.remove(id);
    for (Iterator<AwaitCall> calls = open.iterator(); calls.hasNext(); ) {
      AwaitCall call = calls.next();
      if (call.remaining().remove(id) && call.remaining().isEmpty()) {
        calls.remove();
        call.cancel();
      }
    }
  }

  @GuardedBy("this")
  private void startThread() {
    if (!started) {
      started = true;
      Thread thread = new Thread(this::run, "muster-await");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void run() {
    try {
      while (awaitPending()) {
        if (works) {
          backoff.reset();
        } else {
          Thread.sleep(backoff.nextMs());
        }
        openNext();
      }
    } catch (InterruptedException e) {
      close();
    }
  }

  private synchronized boolean awaitPending() throws InterruptedException {
    while (pending.isEmpty() && !closed) {
      wait();
    }
    return !closed;
  }

  private void openNext() {
    Channel channel;
    try {
      channel = channels.get();
    } catch (UnreachableException e) {
      works = false;
      return;
    } catch (MusterException e) { // a wrong key, another protocol: no attempt will change it
      failAll(e);
      return;
    }
    AwaitCall call;
    synchronized (this) {
      mergeSmallCalls();
      call = new AwaitCall(takePending(), this);
      open.add(call);
    }
    call.start(channel);
  }

  @GuardedBy("this")
  private void mergeSmallCalls() {
    if (open.size() < OPEN_CALLS_MAX) {
      return;
    }
    open.sort(Comparator.comparingInt(call -> call.remaining().size()));
    List<AwaitCall> small = open.subList(0, OPEN_CALLS_MAX - 1);
    for (AwaitCall call : small) {
      pending.addAll(call.remaining());
      call.cancel();
    }
    small.clear();
  }

  @GuardedBy("this")
  private Set<Long> takePending() {
    Set<Long> ids = new LinkedHashSet<>();
    for (Iterator<Long> next = pending.iterator();
        next.hasNext() && ids.size() < Limits.AWAIT_IDS_MAX; ) {
      ids.add(next.next());
      next.remove();
    }
    return ids;
  }

  @Override
  public void results(AwaitCall call, List<TaskResult> results) {
    works = true;
    List<Waiter> done = new ArrayList<>(results.size());
    synchronized (this) {
      for (TaskResult result : results) {
        call.remaining().remove(result.getId());
        pending.remove(result.getId());
        done.add(waiters.remove(result.getId()));
      }
    }
    for (int i = 0; i < results.size(); i++) {
      Waiter waiter = done.get(i);
      if (waiter != null) {
        waiter.result.complete(results.get(i));
      }
    }
  }

  @Override
  public void ended(AwaitCall call, @Nullable Throwable failure) {
    List<CompletableFuture<TaskResult>> failed = new ArrayList<>();
    synchronized (this) {
      if (!open.remove(call)) {
        return; // merged, or nobody waits for it any more
      }
      if (failure != null && !RpcFailures.isRetryable(failure)) {
        for (Long id : call.remaining()) {
          Waiter waiter = waiters.remove(id);
          if (waiter != null) {
            failed.add(waiter.result);
          }
        }
      } else {
        // Cut short, by a failure or by a master that stops: ask again for what is missing.
        works = call.remaining().isEmpty();
        pending.addAll(call.remaining());
        notifyAll();
      }
    }
    if (failure != null) {
      MusterException reason = RpcFailures.of(failure);
      failed.forEach(future -> future.completeExceptionally(reason));
    }
  }

  private void failAll(MusterException reason) {
    List<Waiter> all;
    synchronized (this) {
      all = new ArrayList<>(waiters.values());
      waiters.clear();
      pending.clear();
      open.forEach(AwaitCall::cancel);
      open.clear();
    }
    all.forEach(waiter -> waiter.result.completeExceptionally(reason));
  }

  void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    failAll(new MusterException("the client is closed"));
  }
}
