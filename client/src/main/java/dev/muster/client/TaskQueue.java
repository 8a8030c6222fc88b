package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.TaskFailedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnknownTaskException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;

/**
 * Tasks of one kind in one queue: add them, await their results.
 *
 * <pre>{@code
 * TaskQueue<Integer> squares = muster.tasks("tasks", Integer.class).handler("square");
 * long id = squares.enqueue(7);
 * int result = squares.await(id, Integer.class, Duration.ofSeconds(10)); // 49
 * }</pre>
 *
 * <p>Immutable and thread-safe: {@link #handler}, {@link #resultsTo}, {@link #dropResults} and
 * {@link #header} give changed copies. Every way to add retries by itself after a broken
 * connection, under the same request number, so that no task is added twice.
 *
 * @param <T> the payloads
 */
@CheckReturnValue
public final class TaskQueue<T> {
  private final Muster muster;
  private final String queue;
  private final Codec<T> codec;
  private final TaskOptions options;

  TaskQueue(Muster muster, String queue, Codec<T> codec) {
    this(
        muster,
        QueueName.check(queue),
        codec,
        TaskOptions.newBuilder()
            .setContentType(name("content type", codec.contentType()))
            .setResultPolicy(ResultPolicy.RESULT_POLICY_KEEP)
            .build());
  }

  private TaskQueue(Muster muster, String queue, Codec<T> codec, TaskOptions options) {
    this.muster = muster;
    this.queue = queue;
    this.codec = codec;
    this.options = options;
  }

  /** The queue's name. */
  public String name() {
    return queue;
  }

  /**
   * The same with the handler that runs the tasks; none by default.
   *
   * @param name at most 255 bytes
   */
  public TaskQueue<T> handler(String name) {
    return with(options.toBuilder().setHandler(name("handler name", name)));
  }

  /** The same with results that become entries of another queue, instead of being kept by id. */
  public TaskQueue<T> resultsTo(String resultQueue) {
    return with(
        options.toBuilder()
            .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
            .setResultQueue(QueueName.check(resultQueue)));
  }

  /** The same with results that are dropped. */
  public TaskQueue<T> dropResults() {
    return with(
        options.toBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).clearResultQueue());
  }

  /** The same with one more header for the handler; all together at most 8 KiB. */
  public TaskQueue<T> header(String key, String value) {
    TaskOptions.Builder changed = options.toBuilder().putHeaders(key, value);
    int bytes = 0;
    for (Map.Entry<String, String> header : changed.getHeadersMap().entrySet()) {
      bytes += utf8(header.getKey()) + utf8(header.getValue());
    }
    if (bytes > Limits.HEADERS_BYTES_MAX) {
      throw new InvalidInputException(
          "headers must have at most " + Limits.HEADERS_BYTES_MAX + " bytes, found " + bytes);
    }
    return with(changed);
  }

  /**
   * Adds a task; returns its id when it is durable.
   *
   * @throws TimedOutException when the master did not acknowledge within the client's request
   *     time-out (default 60 s): the task may or may not have been added
   * @throws MusterException when it was refused
   */
  @CanIgnoreReturnValue
  public long enqueue(T payload) {
    return enqueueAll(List.of(payload)).get(0);
  }

  /**
   * Adds tasks in this order; returns their ids, in the same order, when all are durable. They may
   * travel in several requests: when this throws, some may have been added.
   */
  @CanIgnoreReturnValue
  public List<Long> enqueueAll(Collection<? extends T> payloads) {
    DurableIds ids = new DurableIds(payloads.size());
    try {
      for (T payload : payloads) {
        add(payload, ids);
      }
      long[] all = ids.await(TimeLimit.of(muster.requestTimeout()));
      return LongStream.of(all).boxed().toList();
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("tasks were being added; they may or may not be");
    }
  }

  /**
   * Adds a task; the future has its id when it is durable, or fails with a {@link MusterException}.
   * What depends on the future runs on the common pool. Waits, before it returns, while too much is
   * unacknowledged.
   */
  public CompletableFuture<Long> enqueueAsync(T payload) {
    CompletableFuture<Long> future = new CompletableFuture<>();
    try {
      add(payload, new FutureId(future));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("a task was being added; it was not added");
    }
    return future;
  }

  /** For many tasks: see {@link EnqueueStream}. */
  public EnqueueStream<T> stream() {
    return new EnqueueStream<>(muster.pipeline(), queue, options, codec, muster.requestTimeout());
  }

  /**
   * Waits for a task's result.
   *
   * @throws TaskFailedException when its handler failed for good
   * @throws UnknownTaskException when the id never was, or is forgotten
   * @throws TimedOutException when it was not finished in time; it goes on
   */
  public <R> R await(long id, Class<R> type, Duration timeout) {
    return await(id, Payloads.codec(type), timeout);
  }

  /** As {@link #await(long, Class, Duration)}, with a codec for the result. */
  public <R> R await(long id, Codec<R> type, Duration timeout) {
    CompletableFuture<R> result = result(id, type);
    try {
      return result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new TimedOutException(
          "task "
              + Long.toUnsignedString(id)
              + " was not finished within "
              + timeout.toMillis()
              + " ms; it goes on");
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("task " + Long.toUnsignedString(id) + " was awaited");
    } catch (ExecutionException | CancellationException e) {
      throw e.getCause() instanceof MusterException ours
          ? ours
          : new MusterException("awaiting the result failed: " + e.getMessage(), e);
    } finally {
      result.cancel(false);
    }
  }

  /**
   * A task's result, to come; fails as {@link #await(long, Class, Duration)} does. Cancelling the
   * future ends the waiting, not the task. What depends on it runs on the common pool.
   */
  public <R> CompletableFuture<R> result(long id, Class<R> type) {
    return result(id, Payloads.codec(type));
  }

  /** As {@link #result(long, Class)}, with a codec for the result. */
  public <R> CompletableFuture<R> result(long id, Codec<R> type) {
    ResultAwaiter awaiter = muster.awaiter();
    CompletableFuture<TaskResult> raw = awaiter.join(id);
    CompletableFuture<R> result = raw.thenApply(terminal -> Results.decode(terminal, type));
    var unused = result.whenComplete((value, failure) -> awaiter.leave(id, raw));
    return result;
  }

  private void add(T payload, Receipt receipt) throws InterruptedException {
    muster
        .pipeline()
        .add(
            queue,
            options,
            Payloads.encode(codec, payload, queue),
            receipt,
            muster.requestTimeout());
  }

  private TaskQueue<T> with(TaskOptions.Builder changed) {
    return new TaskQueue<>(muster, queue, codec, changed.build());
  }

  private static String name(String what, String name) {
    if (utf8(name) > Limits.NAME_BYTES_MAX) {
      throw new InvalidInputException(
          what + " must have at most " + Limits.NAME_BYTES_MAX + " bytes, found " + utf8(name));
    }
    return name;
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
