package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.UniqueScope;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
 * <p>Immutable and thread-safe: {@link #handler}, {@link #priority}, {@link #delay} and the other
 * methods that give a queue give a changed copy, a view. A view is cheap, but what is added through
 * the same view travels together best: make it once, and give {@link TaskKeys} for what differs
 * from task to task. Every way to add retries by itself after a broken connection, under the same
 * request number, so that no task is added twice.
 *
 * <p>A value out of range is an {@link InvalidInputException}, thrown where it is given.
 *
 * @param <T> the payloads
 */
@CheckReturnValue
public final class TaskQueue<T> {
  private final Muster muster;
  private final Codec<T> codec;
  private final TaskSpec spec;

  TaskQueue(Muster muster, String queue, Codec<T> codec) {
    this(muster, codec, TaskSpec.of(queue, codec.contentType(), ResultPolicy.RESULT_POLICY_KEEP));
  }

  private TaskQueue(Muster muster, Codec<T> codec, TaskSpec spec) {
    this.muster = muster;
    this.codec = codec;
    this.spec = spec;
  }

  /** The queue's name. */
  public String name() {
    return spec.queue();
  }

  /** What all its tasks have in common: for a schedule. */
  public TaskOptions options() {
    return spec.options();
  }

  /**
   * The same with the handler that runs the tasks; none by default.
   *
   * @param name at most 255 bytes
   */
  public TaskQueue<T> handler(String name) {
    return with(spec.handler(name));
  }

  /** The same with results that become entries of another queue, instead of being kept by id. */
  public TaskQueue<T> resultsTo(String resultQueue) {
    return with(spec.resultsTo(resultQueue));
  }

  /** The same with results that are dropped. */
  public TaskQueue<T> dropResults() {
    return with(spec.dropResults());
  }

  /** The same with one more header for the handler; all together at most 8 KiB. */
  public TaskQueue<T> header(String key, String value) {
    return with(spec.header(key, value));
  }

  /**
   * The same with another priority: 0 (the default) to 9; 9 goes first. Within a priority, what was
   * added first goes first.
   */
  public TaskQueue<T> priority(int priority) {
    return with(spec.priority(priority));
  }

  /** The same, not before so long from when it is added; 0: at once. At most ten years. */
  public TaskQueue<T> delay(Duration delay) {
    return with(spec.delay(delay));
  }

  /** The same, not before this time by the master's clock; one that is over means at once. */
  public TaskQueue<T> runAt(Instant time) {
    return with(spec.runAt(time));
  }

  /**
   * The same with a limit on how long a task may wait for a worker, from when it was added, or was
   * first due: then it is EXPIRED. Without limit by default.
   */
  public TaskQueue<T> ttl(Duration ttl) {
    return with(spec.ttl(ttl));
  }

  /**
   * The same with another number of failed attempts that make a task FAILED: 1 to 1,000. By default
   * the queue's own, which is 1 when nothing is set there.
   */
  public TaskQueue<T> maxAttempts(int attempts) {
    return with(spec.maxAttempts(attempts));
  }

  /**
   * The same with other waits between attempts: from the shortest, doubling, to the longest, of
   * which a random part up to half is taken away. By default the queue's own: 1 s to 10 min.
   *
   * @param max at most 30 days
   */
  public TaskQueue<T> backoff(Duration min, Duration max) {
    return with(spec.backoff(min, max));
  }

  /**
   * The same with a limit on how long one attempt may run: then it counts as failed, and the
   * handler is interrupted. Without limit by default.
   */
  public TaskQueue<T> runLimit(Duration limit) {
    return with(spec.runLimit(limit));
  }

  /** As {@link #runLimit}, for how long one attempt may run without a sign of progress. */
  public TaskQueue<T> progressTimeout(Duration timeout) {
    return with(spec.progressTimeout(timeout));
  }

  /**
   * The same with tasks that take so many of a worker's slots: 1 (the default) to 10,000. A worker
   * with fewer slots in all never gets them.
   */
  public TaskQueue<T> cost(int slots) {
    return with(spec.cost(slots));
  }

  /** The same, only for workers that have this label with this value; at most 16 labels. */
  public TaskQueue<T> require(String label, String value) {
    return with(spec.require(label, value));
  }

  /**
   * The same for one group: its tasks run one at a time, in the order in which they are added.
   *
   * @param key at most 255 bytes; empty: none
   */
  public TaskQueue<T> group(String key) {
    return with(spec.group(key));
  }

  /**
   * The same for one tenant: tenants share the queue's workers by their weights.
   *
   * @param key at most 255 bytes; empty: none
   */
  public TaskQueue<T> tenant(String key) {
    return with(spec.tenant(key));
  }

  /**
   * The same with a unique key: while a task with it is known, no other is added, and its id is the
   * answer. {@link #enqueueUnique} tells which it was.
   *
   * @param key at most 255 bytes; empty: none
   */
  public TaskQueue<T> unique(String key) {
    return with(spec.unique(key));
  }

  /** The same with unique keys that hold so long, instead of until their task is finished. */
  public TaskQueue<T> uniqueFor(Duration time) {
    return with(spec.uniqueFor(time));
  }

  /** The same with unique keys that count within the queue (the default), its handler, or all. */
  public TaskQueue<T> uniqueIn(UniqueScope scope) {
    return with(spec.uniqueIn(scope));
  }

  /** The same for tasks that another one enqueues: cancelled with it, see {@link Muster#cancel}. */
  public TaskQueue<T> parent(long id) {
    return with(spec.parent(id));
  }

  /**
   * The same for tasks that wait for all of these others, in place of those named before; what is
   * finished counts at once.
   *
   * @param ids all different, at most 65,536
   */
  public TaskQueue<T> after(Collection<Long> ids) {
    return with(spec.after(ids));
  }

  /**
   * The same with what happens when one of the tasks waited for does not succeed: CANCEL (the
   * default), or RUN all the same when all have ended.
   */
  public TaskQueue<T> onFailure(OnFailure what) {
    return with(spec.onFailure(what));
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

  /** As {@link #enqueue(Object)}, with keys of its own. */
  @CanIgnoreReturnValue
  public long enqueue(T payload, TaskKeys keys) {
    return add(payload, keys).id();
  }

  /**
   * Adds a task unless one with this unique key is known; tells which it was.
   *
   * @param key at most 255 bytes
   */
  @CanIgnoreReturnValue
  public Enqueued enqueueUnique(T payload, String key) {
    return add(payload, TaskKeys.ofUnique(key));
  }

  private Enqueued add(T payload, TaskKeys keys) {
    DurableIds ids = new DurableIds(1);
    try {
      add(payload, keys.or(spec.keys()), ids);
      long id = ids.await(TimeLimit.of(muster.requestTimeout()))[0];
      return new Enqueued(id, ids.isFound(0));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("a task was being added; it may or may not be");
    }
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
        add(payload, spec.keys(), ids);
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
    return enqueueAsync(payload, TaskKeys.NONE);
  }

  /** As {@link #enqueueAsync(Object)}, with keys of its own. */
  public CompletableFuture<Long> enqueueAsync(T payload, TaskKeys keys) {
    CompletableFuture<Long> future = new CompletableFuture<>();
    try {
      add(payload, keys.or(spec.keys()), new FutureId(future));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("a task was being added; it was not added");
    }
    return future;
  }

  /** For many tasks: see {@link EnqueueStream}. */
  public EnqueueStream<T> stream() {
    return new EnqueueStream<>(muster.pipeline(), spec, codec, muster.requestTimeout());
  }

  /** A task that is not added yet, for {@link Muster#graph}, chains and groups. */
  public NewTask task(T payload) {
    return task(payload, TaskKeys.NONE);
  }

  /** As {@link #task(Object)}, with keys of its own. */
  public NewTask task(T payload, TaskKeys keys) {
    return new NewTask(
        new TaskSpec(spec.request(), keys.or(spec.keys())), Payloads.encode(codec, payload, spec));
  }

  /** See {@link TaskResults#await(long, Class, Duration)}. */
  public <R> R await(long id, Class<R> type, Duration timeout) {
    return muster.results().await(id, type, timeout);
  }

  /** See {@link TaskResults#await(long, Codec, Duration)}. */
  public <R> R await(long id, Codec<R> type, Duration timeout) {
    return muster.results().await(id, type, timeout);
  }

  /** See {@link TaskResults#awaitAny(Collection, Class, Duration)}. */
  public <R> TaskEnd<R> awaitAny(Collection<Long> ids, Class<R> type, Duration timeout) {
    return muster.results().awaitAny(ids, type, timeout);
  }

  /** See {@link TaskResults#awaitAll(Collection, Class, Duration)}. */
  public <R> List<R> awaitAll(Collection<Long> ids, Class<R> type, Duration timeout) {
    return muster.results().awaitAll(ids, type, timeout);
  }

  /** See {@link TaskResults#result(long, Class)}. */
  public <R> CompletableFuture<R> result(long id, Class<R> type) {
    return muster.results().result(id, type);
  }

  /** See {@link TaskResults#result(long, Codec)}. */
  public <R> CompletableFuture<R> result(long id, Codec<R> type) {
    return muster.results().result(id, type);
  }

  private void add(T payload, TaskKeys keys, Receipt receipt) throws InterruptedException {
    muster
        .pipeline()
        .add(
            spec.request(),
            Payloads.encode(codec, payload, spec),
            keys,
            receipt,
            muster.requestTimeout());
  }

  private TaskQueue<T> with(TaskSpec changed) {
    return new TaskQueue<>(muster, codec, changed);
  }
}
