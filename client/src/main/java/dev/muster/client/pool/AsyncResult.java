package dev.muster.client.pool;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A result to come. Thread-safe. */
public final class AsyncResult<R> {
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final CompletableFuture<R> future;

  AsyncResult(CompletableFuture<R> future) {
    this.future = future;
  }

  /**
   * Waits for the result.
   *
   * @throws RemoteFailure when the handler failed for good
   * @throws MusterException when it was called off, or the master stays unreachable
   */
  public R get() {
    return get(LONGEST);
  }

  /**
   * As {@link #get()}.
   *
   * @throws TimedOutException when it did not come in time; it goes on
   */
  public R get(Duration timeout) {
    try {
      return future.get(bounded(timeout).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new TimedOutException(
          "no result within " + timeout.toMillis() + " ms; the work goes on");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while a result was awaited; the work goes on");
    } catch (CancellationException e) {
      throw new MusterException("the call was cancelled", e);
    } catch (ExecutionException e) {
      throw ours(e);
    }
  }

  /** Waits until it is ready, or so long; returns whether it is ready. */
  public boolean await(Duration timeout) throws InterruptedException {
    try {
      var unused = future.get(bounded(timeout).toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (CancellationException | ExecutionException e) {
      return true;
    }
  }

  /** Whether there is a result or a failure. */
  public boolean ready() {
    return future.isDone();
  }

  /**
   * Whether it ended well.
   *
   * @throws IllegalStateException when it is not ready
   */
  public boolean successful() {
    if (!future.isDone()) {
      throw new IllegalStateException("the result is not ready: await it first");
    }
    return !future.isCompletedExceptionally();
  }

  /** The same as a future of the JDK; cancelling a copy of it cancels nothing. */
  public CompletableFuture<R> toFuture() {
    return future.copy();
  }

  private static Duration bounded(Duration timeout) {
    return timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
  }

  /** The failure as one of ours, thrown again as it is: it shows where the work failed. */
  static MusterException ours(Throwable failure) {
    Throwable cause =
        failure.getCause() != null
                && (failure instanceof ExecutionException || failure instanceof CompletionException)
            ? failure.getCause()
            : failure;
    return cause instanceof MusterException own
        ? own
        : new MusterException("the call failed: " + cause, cause);
  }
}
