package dev.muster.client.pool;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs functions on the workers of a queue, as {@code multiprocessing.Pool} does on processes.
 *
 * <pre>{@code
 * RemoteFunction<Integer, Integer> square =
 *     RemoteFunction.of("square", Integer.class, Integer.class);
 * try (Pool pool = muster.pool("tasks")) {
 *   List<Integer> squares = pool.map(square, List.of(1, 2, 3)); // [1, 4, 9]
 * }
 * }</pre>
 *
 * <p>A map sends its items in chunks and holds a bounded number of them: an input without end is
 * mapped in bounded memory, here and on the master. An item that fails does not stop the others. An
 * item may run twice when a worker dies; its result is delivered once.
 *
 * <p>Thread-safe.
 */
@CheckReturnValue
public final class Pool implements AutoCloseable {
  private Pool(Muster muster, String queue) {
    var unused = QueueName.check(queue);
  }

  /** See {@link Muster#pool}. */
  public static Pool of(Muster muster, String queue) {
    return new Pool(muster, queue);
  }

  /**
   * Calls a function once and waits for its result.
   *
   * @throws RemoteFailure when it failed for good
   */
  public <T, R> R apply(RemoteFunction<T, R> function, T argument) {
    return applyAsync(function, argument).get();
  }

  /** Calls a function once. Returns when the call is durable. */
  public <T, R> AsyncResult<R> applyAsync(RemoteFunction<T, R> function, T argument) {
    return applyAsync(function, argument, result -> {}, failure -> {});
  }

  /**
   * As {@link #applyAsync(RemoteFunction, Object)}, and hands the result to a callback, or the
   * failure to another, on the common pool.
   */
  public <T, R> AsyncResult<R> applyAsync(
      RemoteFunction<T, R> function,
      T argument,
      Consumer<? super R> callback,
      Consumer<? super MusterException> errorCallback) {
    throw new UnsupportedOperationException();
  }

  /**
   * Runs a function for each item and waits for all; results in order of the items.
   *
   * @throws RemoteFailure when an item failed for good: the first of them in the order of the
   *     items, when all others have ended; {@link #imap} gives the results of the others, too
   */
  public <T, R> List<@Nullable R> map(RemoteFunction<T, R> function, Iterable<? extends T> items) {
    return map(function, items, MapOptions.defaults());
  }

  /** As {@link #map(RemoteFunction, Iterable)}, with options. */
  public <T, R> List<@Nullable R> map(
      RemoteFunction<T, R> function, Iterable<? extends T> items, MapOptions options) {
    return mapAsync(function, items, options).get();
  }

  /** As {@link #map(RemoteFunction, Iterable)}, without waiting. */
  public <T, R> AsyncResult<List<@Nullable R>> mapAsync(
      RemoteFunction<T, R> function, Iterable<? extends T> items) {
    return mapAsync(function, items, MapOptions.defaults());
  }

  /** As {@link #mapAsync(RemoteFunction, Iterable)}, with options. */
  public <T, R> AsyncResult<List<@Nullable R>> mapAsync(
      RemoteFunction<T, R> function, Iterable<? extends T> items, MapOptions options) {
    return mapAsync(function, items, options, results -> {}, failure -> {});
  }

  /**
   * As {@link #mapAsync(RemoteFunction, Iterable)}, with callbacks, called once, when all ended.
   */
  public <T, R> AsyncResult<List<@Nullable R>> mapAsync(
      RemoteFunction<T, R> function,
      Iterable<? extends T> items,
      MapOptions options,
      Consumer<? super List<@Nullable R>> callback,
      Consumer<? super MusterException> errorCallback) {
    throw new UnsupportedOperationException();
  }

  /**
   * Runs a function for each item of an iterator, which may have no end; results in order of the
   * items, as soon as they are there.
   */
  public <T, R> MapResults<R> imap(RemoteFunction<T, R> function, Iterator<? extends T> items) {
    return imap(function, items, MapOptions.defaults());
  }

  /** As {@link #imap(RemoteFunction, Iterator)}, with options. */
  public <T, R> MapResults<R> imap(
      RemoteFunction<T, R> function, Iterator<? extends T> items, MapOptions options) {
    throw new UnsupportedOperationException();
  }

  /** As {@link #imap(RemoteFunction, Iterator)}, results as they come. */
  public <T, R> MapResults<R> imapUnordered(
      RemoteFunction<T, R> function, Iterator<? extends T> items) {
    return imapUnordered(function, items, MapOptions.defaults());
  }

  /** As {@link #imapUnordered(RemoteFunction, Iterator)}, with options. */
  public <T, R> MapResults<R> imapUnordered(
      RemoteFunction<T, R> function, Iterator<? extends T> items, MapOptions options) {
    throw new UnsupportedOperationException();
  }

  /**
   * As {@link #map(RemoteFunction, Iterable)}, of lists of arguments, see {@link
   * RemoteFunction#ofArguments}.
   */
  public <R> List<@Nullable R> starmap(
      RemoteFunction<List<?>, R> function, Iterable<? extends List<?>> argumentLists) {
    return map(function, argumentLists);
  }

  /** As {@link #starmap}, without waiting. */
  public <R> AsyncResult<List<@Nullable R>> starmapAsync(
      RemoteFunction<List<?>, R> function, Iterable<? extends List<?>> argumentLists) {
    return mapAsync(function, argumentLists);
  }

  /**
   * The pool as an executor of {@link RemoteCall}s; anything else that it is given is an {@link
   * dev.muster.common.InvalidInputException}, for a lambda cannot travel. Its futures are {@link
   * java.util.concurrent.CompletableFuture}s. Shutting it down shuts down nothing else.
   */
  public ExecutorService executor() {
    throw new UnsupportedOperationException();
  }

  /** Takes no more work; what is under way goes on. Closing twice is harmless. */
  @Override
  public void close() {}

  /**
   * Waits until what is under way has ended; at most so long.
   *
   * @return whether it has
   * @throws IllegalStateException before {@link #close} or {@link #terminate}
   */
  public boolean join(Duration timeout) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** As {@link #join(Duration)}, however long it takes. */
  public void join() throws InterruptedException {
    var unused = join(Duration.ofDays(36_500));
  }

  /** Takes no more work, and calls off what waits and runs; results to come are failures. */
  public void terminate() {
    throw new UnsupportedOperationException();
  }
}
