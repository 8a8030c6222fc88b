package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.connection.Connection;
import dev.muster.client.pool.Pool;
import dev.muster.client.retry.Backoff;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.RefusedException;
import dev.muster.common.UnreachableException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.GetTaskRequest;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.ListQueuesReply;
import dev.muster.proto.v1.ListQueuesRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * A client of one master: the way to everything else.
 *
 * <pre>{@code
 * try (Muster muster = Muster.connect("localhost:5000", AuthKey.fromEnvironment())) {
 *   TaskQueue<Integer> squares = muster.tasks("tasks", Integer.class).handler("square");
 *   long id = squares.enqueue(7);
 *   System.out.println(squares.await(id, Integer.class, Duration.ofSeconds(10)));
 * }
 * }</pre>
 *
 * <p>Thread-safe; one for a process is enough, and fastest: all that its threads add travels
 * together. It reconnects by itself; a call waits for the master up to the request time-out (60 s)
 * and then fails with a {@link MusterException}.
 */
public final class Muster implements AutoCloseable {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;
  private final Runnable disconnect;
  private final Duration requestTimeout;
  private final EnqueuePipeline pipeline = new EnqueuePipeline(RequestWindow.ofNewSession());
  private final ResultAwaiter awaiter;
  private final StreamedCalls streams;
  private final TaskResults results;
  private final UnaryCalls calls;

  /** Puts that wait for room have numbers of their own: they must not hold back the others'. */
  private final UnaryCalls waitingPuts;

  /** So has what looks after many tasks, and may take minutes. */
  private final UnaryCalls sweeps;

  Muster(
      Supplier<Channel> channels,
      Supplier<Backoff> backoffs,
      Runnable disconnect,
      Duration requestTimeout) {
    this.channels = channels;
    this.backoffs = backoffs;
    this.disconnect = disconnect;
    this.requestTimeout = requestTimeout;
    this.awaiter = new ResultAwaiter(channels, backoffs.get());
    this.streams = new StreamedCalls(channels, backoffs, requestTimeout);
    this.results = new TaskResults(awaiter, streams);
    this.calls = new UnaryCalls(channels, backoffs);
    this.waitingPuts = new UnaryCalls(channels, backoffs);
    this.sweeps = new UnaryCalls(channels, backoffs);
    new EnqueueConnector(pipeline, channels, backoffs.get()).start();
  }

  /**
   * Connects with TLS, waiting at most 10 s.
   *
   * @param address "host:port"
   * @throws UnreachableException when no master answers there
   * @throws AuthenticationException when the key is not the master's
   * @throws InvalidInputException when the address is not "host:port"
   */
  public static Muster connect(String address, AuthKey key) {
    return connect(ConnectOptions.to(address, key));
  }

  /** As {@link #connect(String, AuthKey)}, with further options. */
  public static Muster connect(ConnectOptions options) {
    Connection connection = Connection.open(options);
    try {
      var unused = connection.channel(); // fails here and now rather than at the first task
    } catch (MusterException e) {
      connection.close();
      throw e;
    }
    return new Muster(connection::channel, Backoff::standard, connection::close, REQUEST_TIMEOUT);
  }

  /** Tasks of a queue, as JSON; {@code byte[]} as it is. The queue exists from its first use on. */
  public <T> TaskQueue<T> tasks(String queue, Class<T> type) {
    return tasks(queue, Payloads.codec(type));
  }

  /** Tasks of a queue, with a codec for the payloads. */
  public <T> TaskQueue<T> tasks(String queue, Codec<T> codec) {
    return new TaskQueue<>(this, queue, codec);
  }

  /** A queue as a {@code BlockingQueue}, its elements as JSON; {@code byte[]} as it is. */
  public <E> RemoteQueue<E> queue(String name, Class<E> type) {
    return queue(name, Payloads.codec(type));
  }

  /** A queue as a {@code BlockingQueue}, with a codec for the elements. */
  public <E> RemoteQueue<E> queue(String name, Codec<E> codec) {
    return new RemoteQueue<>(this, name, codec);
  }

  /**
   * As {@link #queue(String, Class)}, and limits, for everybody, how many elements may wait.
   *
   * @param maxSize at least 1
   */
  public <E> RemoteQueue<E> queue(String name, Class<E> type, long maxSize) {
    return queue(name, Payloads.codec(type), maxSize);
  }

  /** As {@link #queue(String, Class, long)}, with a codec for the elements. */
  public <E> RemoteQueue<E> queue(String name, Codec<E> codec, long maxSize) {
    if (maxSize < 1) {
      throw new InvalidInputException("maximum size must be at least 1, found " + maxSize);
    }
    configure(name, OptionalLong.of(maxSize), OptionalLong.empty());
    return queue(name, codec);
  }

  /**
   * Runs functions over items on the workers of a queue.
   *
   * <pre>{@code
   * List<Integer> squares = muster.pool("tasks").map(square, List.of(1, 2, 3));
   * }</pre>
   */
  public Pool pool(String queue) {
    return Pool.of(this, queue);
  }

  /** Results of tasks by id: of one, the first of many, all of them, or in parts. */
  public TaskResults results() {
    return results;
  }

  /** Tasks that depend on each other, to be added together. */
  public TaskGraph graph() {
    return new TaskGraph(this);
  }

  /** A graph of tasks of which each waits for the one before it. */
  public TaskGraph chain(NewTask... tasks) {
    TaskGraph graph = graph();
    for (NewTask task : tasks) {
      graph.then(task);
    }
    return graph;
  }

  /**
   * A graph of tasks that do not wait for each other; with {@link TaskGraph#then} another one comes
   * when all have ended:
   *
   * <pre>{@code
   * long sum = muster.group(parts).then(sums.task("all")).enqueue().last();
   * }</pre>
   */
  public TaskGraph group(Collection<NewTask> tasks) {
    TaskGraph graph = graph();
    tasks.forEach(graph::add);
    return graph;
  }

  /**
   * Tells a listener what tasks tell while they run, until all have ended or it is closed.
   *
   * @param ids 1 to 1,000
   */
  @CheckReturnValue
  public Watching watch(Collection<Long> ids, WatchListener listener) {
    return new Watching(new WatchReplies(streams, ids), listener).start();
  }

  /** Looks after queues, tasks, schedules and workers. */
  public Admin admin() {
    return new Admin(sweeps, streams, channels, requestTimeout);
  }

  /** Takes, settles and extends leases of tasks. */
  public Leases leases() {
    return new Leases(calls, requestTimeout);
  }

  /** One task; its state is TASK_STATE_UNKNOWN when the id never was, or is forgotten. */
  public TaskInfo task(long id) {
    return ask(TasksGrpc.getGetTaskMethod(), GetTaskRequest.newBuilder().setId(id).build());
  }

  /** As {@link #task}, with the payload. */
  public TaskInfo taskWithPayload(long id) {
    return ask(
        TasksGrpc.getGetTaskMethod(),
        GetTaskRequest.newBuilder().setId(id).setWithPayload(true).build());
  }

  /**
   * Calls a task off: at once when it waits; when it runs, by asking its worker, and a completion
   * that comes first wins.
   *
   * @return how many were cancelled, are being cancelled, or were finished or not known
   */
  @CanIgnoreReturnValue
  public CancelReply cancel(long id) {
    return cancel(id, false, "");
  }

  /**
   * As {@link #cancel(long)}.
   *
   * @param subtree also what it has enqueued, and what depends on it, and so on; of a large one the
   *     reply counts the first thousands, and says that the rest follows
   * @param reason for people; recorded
   */
  @CanIgnoreReturnValue
  public CancelReply cancel(long id, boolean subtree, String reason) {
    CancelRequest.Builder request =
        CancelRequest.newBuilder().addIds(id).setSubtree(subtree).setReason(reason);
    try {
      return calls.callOnce(
          TasksGrpc.getCancelMethod(),
          number -> request.setRequest(number).build(),
          TimeLimit.of(requestTimeout));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("the master was asked to cancel task " + id);
    }
  }

  /** All queues whose names begin so, in order of name; asks for as many pages as there are. */
  public List<QueueInfo> queues(String prefix) {
    List<QueueInfo> all = new ArrayList<>();
    ListQueuesReply page;
    do {
      String after = all.isEmpty() ? "" : all.get(all.size() - 1).getName();
      page =
          ask(
              QueuesGrpc.getListQueuesMethod(),
              ListQueuesRequest.newBuilder()
                  .setPrefix(prefix)
                  .setAfter(after)
                  .setPageSize(Limits.LIST_PAGE_MAX)
                  .build());
      all.addAll(page.getQueuesList());
    } while (page.getMore() && page.getQueuesCount() > 0);
    return all;
  }

  /** One queue; empty when it was never used. */
  public Optional<QueueInfo> queue(String name) {
    GetQueueRequest request = GetQueueRequest.newBuilder().setQueue(QueueName.check(name)).build();
    try {
      return Optional.of(ask(QueuesGrpc.getGetQueueMethod(), request));
    } catch (RefusedException e) {
      if (e.reason() == RefusalReason.REFUSAL_REASON_UNKNOWN_QUEUE) {
        return Optional.empty();
      }
      throw e;
    } catch (MusterException e) {
      if (e.getCause() instanceof StatusRuntimeException status
          && status.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Changes settings of a queue, for everybody; makes it when it was never used.
   *
   * @param maxLength at most so many tasks may wait; 0: no limit; empty: unchanged
   * @param retainedMax so many finished tasks are kept; empty: unchanged
   * @return the queue with its new settings
   */
  @CanIgnoreReturnValue
  public QueueInfo configure(String queue, OptionalLong maxLength, OptionalLong retainedMax) {
    ConfigureQueueRequest.Builder request =
        ConfigureQueueRequest.newBuilder().setQueue(QueueName.check(queue));
    maxLength.ifPresent(request.getSettingsBuilder()::setMaxLength);
    retainedMax.ifPresent(request.getSettingsBuilder()::setRetainedMax);
    return ask(QueuesGrpc.getConfigureQueueMethod(), request.build());
  }

  private <Q, R> R ask(MethodDescriptor<Q, R> method, Q request) {
    try {
      return calls.call(method, request, TimeLimit.of(requestTimeout));
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("the master was asked for " + method.getBareMethodName());
    }
  }

  /**
   * Waits up to 5 s for what was added to be acknowledged, then disconnects; what still waits
   * fails. Closing twice is harmless.
   */
  @Override
  public void close() {
    Deadline deadline = TimeLimit.of(CLOSE_TIMEOUT);
    try {
      var unused = pipeline.awaitEmpty(deadline);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pipeline.close();
    awaiter.close();
    streams.close();
    disconnect.run();
  }

  EnqueuePipeline pipeline() {
    return pipeline;
  }

  /** Under a number of its own: sent again after a broken connection, it is only a retry. */
  EnqueueReply enqueueGraph(GraphRequest.Builder request) {
    EnqueueReply reply =
        calls.callOnceUninterruptibly(
            TasksGrpc.getEnqueueGraphMethod(),
            id -> request.setRequest(id).build(),
            TimeLimit.of(requestTimeout));
    if (reply.hasRefusal()) {
      throw RefusedException.of(reply.getRefusal());
    }
    if (reply.getIdsCount() > 0 && reply.getIdsCount() != request.getNodesCount()) {
      throw new MusterException(
          "the master answered "
              + request.getNodesCount()
              + " tasks with "
              + reply.getIdsCount()
              + " ids; update the older one of client and master");
    }
    return reply;
  }

  UnaryCalls waitingPuts() {
    return waitingPuts;
  }

  <E> LeaseTaker<E> taker(String queue, Codec<E> codec) {
    return new LeaseTaker<>(queue, codec, channels, backoffs, calls, requestTimeout);
  }

  Duration requestTimeout() {
    return requestTimeout;
  }
}
