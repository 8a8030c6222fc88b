package dev.muster.client.pool;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.client.Muster;
import dev.muster.client.pool.UnderWay.Work;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.TaskFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(Pool.class);
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final Duration POLL = Duration.ofHours(1);
  private static final Duration TERMINATE_TIMEOUT = Duration.ofSeconds(60);
  private static final int LIST_BATCH = 1_024;

  private final Muster muster;
  private final String queue;
  private final HandlerCheck check;

  private final UnderWay underWay = new UnderWay();
  private volatile boolean closed;

  private Pool(Muster muster, String queue) {
    this.muster = muster;
    this.queue = QueueName.check(queue);
    this.check = new HandlerCheck(muster, queue);
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
   * failure to another, on the common pool. What a callback throws is logged, and changes nothing.
   */
  public <T, R> AsyncResult<R> applyAsync(
      RemoteFunction<T, R> function,
      T argument,
      Consumer<? super R> callback,
      Consumer<? super MusterException> errorCallback) {
    return called(call(function, argument), callback, errorCallback);
  }

  private static <R> AsyncResult<R> called(
      CompletableFuture<R> future,
      Consumer<? super R> callback,
      Consumer<? super MusterException> errorCallback) {
    var unused =
        future.whenCompleteAsync(
            (value, failure) -> {
              try {
                if (failure == null) {
                  callback.accept(value);
                } else {
                  errorCallback.accept(AsyncResult.ours(failure));
                }
              } catch (Throwable e) { // nobody else would hear of it
                LOG.warn("a callback of a pool failed", e);
              }
            });
    return new AsyncResult<>(future);
  }

  /** One task; cancelling the future calls it off. */
  <T, R> CompletableFuture<R> call(RemoteFunction<T, R> function, T argument) {
    checkOpen();
    long id =
        muster.tasks(queue, function.argument()).handler(function.handler()).enqueue(argument);
    CompletableFuture<CallCodec.Value<R>> end =
        muster.results().result(id, new CallCodec<>(function));
    CompletableFuture<R> result = new CompletableFuture<>();
    Work work = underWay.call(result, id);
    var unused =
        end.whenComplete(
            (value, failure) -> {
              underWay.ended(work);
              if (failure == null) {
                result.complete(value.value());
              } else {
                result.completeExceptionally(remote(function, failure));
              }
            });
    var unusedEnd =
        result.whenComplete(
            (value, failure) -> {
              if (result.isCancelled() && !end.isDone()) {
                underWay.ended(work);
                end.cancel(false);
                if (!work.isCalledOff()) {
                  muster.cancel(id);
                }
              }
            });
    return result;
  }

  private static MusterException remote(RemoteFunction<?, ?> function, Throwable failure) {
    MusterException ours = AsyncResult.ours(failure);
    return ours instanceof TaskFailedException failed
        ? RemoteFailure.ofCall(function.handler(), failed.failure())
        : ours;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the pool is closed: make another one");
    }
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
    if (!options.name().isEmpty()) {
      throw new InvalidInputException(
          "a map with a name hands its results out one by one, so that they can be told apart from"
              + " those that are delivered: use imap or imapUnordered");
    }
    CompletableFuture<List<@Nullable R>> all = new CompletableFuture<>();
    MapResults<R> results = imap(function, items.iterator(), options);
    Work work = underWay.map(all, results::callOff);
    Thread reader = new Thread(() -> readAll(results, all, work), "muster-map-reader");
    reader.setDaemon(true);
    reader.start();
    return called(all, callback, errorCallback);
  }

  private <R> void readAll(
      MapResults<R> results, CompletableFuture<List<@Nullable R>> all, Work work) {
    List<@Nullable R> values = new ArrayList<>();
    RemoteFailure first = null;
    try (results) {
      while (results.hasNext()) {
        for (ItemResult<R> item : results.poll(LIST_BATCH, POLL)) {
          values.add(item.value());
          first = first == null ? item.failure() : first;
        }
      }
      if (first == null) {
        all.complete(values);
      } else {
        all.completeExceptionally(first);
      }
    } catch (Throwable e) { // Errors, too: a list of all results may be more than the heap holds
      all.completeExceptionally(e);
    } finally {
      underWay.ended(work);
    }
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
    return start(function, items, options, true);
  }

  /** As {@link #imap(RemoteFunction, Iterator)}, results as they come. */
  public <T, R> MapResults<R> imapUnordered(
      RemoteFunction<T, R> function, Iterator<? extends T> items) {
    return imapUnordered(function, items, MapOptions.defaults());
  }

  /** As {@link #imapUnordered(RemoteFunction, Iterator)}, with options. */
  public <T, R> MapResults<R> imapUnordered(
      RemoteFunction<T, R> function, Iterator<? extends T> items, MapOptions options) {
    return start(function, items, options, false);
  }

  /**
   * Reads what an earlier caller of a map with a name has planned and not had, in order, without
   * its items: all of it when that one read its input to the end.
   *
   * @param options with the map's name
   */
  public <R> MapResults<R> resume(RemoteFunction<?, R> function, MapOptions options) {
    if (options.name().isEmpty()) {
      throw new InvalidInputException("a map is resumed by its name: give it with named(...)");
    }
    return start(function, null, options, true);
  }

  /**
   * Calls off what waits and runs of a map with a name, and forgets its state, so that the name is
   * free. Waits while another caller has it.
   *
   * @return whether there was one
   */
  @CanIgnoreReturnValue
  public boolean forget(String name) {
    return forget(name, notice -> {});
  }

  /** As {@link #forget(String)}, and tells what it waits for, as {@link MapOptions#onNotice}. */
  @CanIgnoreReturnValue
  public boolean forget(String name, Consumer<String> notices) {
    checkOpen();
    MapOptions options = MapOptions.defaults().named(name).onNotice(notices);
    MapStore store = new MapStore(muster, options.name());
    try {
      return store.forget(() -> !closed, options);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while a map was forgotten");
    }
  }

  private <T, R> MapResults<R> start(
      RemoteFunction<T, R> function,
      @Nullable Iterator<? extends T> items,
      MapOptions options,
      boolean ordered) {
    checkOpen();
    MapStore store = options.name().isEmpty() ? null : new MapStore(muster, options.name());
    MapEngine engine = new MapEngine(ordered, options);
    ChunkLine line =
        new ChunkLine(
            muster,
            queue,
            function.handler(),
            store == null ? null : store.results(),
            options,
            engine);
    MapDriver<T> driver =
        new MapDriver<>(
            engine,
            line,
            muster,
            check,
            function,
            options,
            items == null ? null : new Items<>(items, function.argument()),
            store);
    MapResults<R> results = new MapResults<>(engine, function);
    CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    Work work = underWay.map(end, results::callOff);
    Thread thread =
        new Thread(
            () -> {
              try {
                driver.run();
              } finally {
                underWay.ended(work);
                end.complete(null);
              }
            },
            "muster-map-" + NUMBERS.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
    return results;
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
   * dev.muster.common.InvalidInputException}, for a lambda cannot travel: so {@code execute} and
   * the {@code submit} of a {@code Runnable} always refuse, and what is built on them, such as
   * {@code CompletableFuture.supplyAsync}, cannot use it. Its futures are {@link
   * java.util.concurrent.CompletableFuture}s. Shutting it down shuts down nothing else.
   */
  public ExecutorService executor() {
    return new PoolExecutor(this);
  }

  /** Takes no more work; what is under way goes on. Closing twice is harmless. */
  @Override
  public void close() {
    closed = true;
  }

  /**
   * Waits until what is under way has ended; at most so long. Results of {@link #imap} must be read
   * or closed for it to end.
   *
   * @return whether it has
   * @throws IllegalStateException before {@link #close} or {@link #terminate}
   */
  @CanIgnoreReturnValue
  public boolean join(Duration timeout) throws InterruptedException {
    if (!closed) {
      throw new IllegalStateException("the pool takes work: close or terminate it first");
    }
    return underWay.join(timeout);
  }

  /** As {@link #join(Duration)}, however long it takes. */
  public void join() throws InterruptedException {
    join(Duration.ofDays(36_500));
  }

  /**
   * Takes no more work, and calls off what waits and runs; results to come are failures. Returns
   * when all of it has ended.
   *
   * @throws MusterException when the master did not hear of it within a minute: what it has not
   *     heard of runs on; the callers of all maps and calls hear of the end all the same
   */
  public void terminate() {
    closed = true;
    try {
      underWay.callOffAll(
          tasks -> muster.admin().cancel(tasks, false, "its pool was terminated"),
          TERMINATE_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
