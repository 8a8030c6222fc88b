package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import dev.muster.client.Pages.Page;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.common.RefusedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.DrainWorkerRequest;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.ExplainRequest;
import dev.muster.proto.v1.KillWorkerRequest;
import dev.muster.proto.v1.ListSchedulesReply;
import dev.muster.proto.v1.ListSchedulesRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.ListTenantsReply;
import dev.muster.proto.v1.ListTenantsRequest;
import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.ListWorkersRequest;
import dev.muster.proto.v1.PauseScheduleRequest;
import dev.muster.proto.v1.PutScheduleRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.SchedulesGrpc;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.StackRequest;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TailRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.TenantInfo;
import dev.muster.proto.v1.VerifyReply;
import dev.muster.proto.v1.VerifyRequest;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WorkerInfo;
import dev.muster.proto.v1.WorkersGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks after queues, tasks, schedules and workers: {@link Muster#admin()}.
 *
 * <p>Thread-safe. A call waits for the master up to the client's request time-out (60 s), and those
 * that go through many tasks up to ten minutes. A rule that is not met is a {@link
 * RefusedException}; a master that does not answer an {@link UnreachableException}. Lists come page
 * by page while their stream is read, each page as the master is then: what changes meanwhile may
 * be in it or not.
 */
public final class Admin {
  private static final Duration LONG_CALL = Duration.ofMinutes(10);

  private final UnaryCalls calls;
  private final StreamedCalls streams;
  private final Supplier<Channel> channels;
  private final Duration requestTimeout;

  Admin(
      UnaryCalls calls,
      StreamedCalls streams,
      Supplier<Channel> channels,
      Duration requestTimeout) {
    this.calls = calls;
    this.streams = streams;
    this.channels = channels;
    this.requestTimeout = requestTimeout;
  }

  /**
   * Changes settings of a queue; what is absent stays. Makes the queue when it was never used. A
   * limit below what is running holds from now on and stops nothing.
   *
   * @return the queue with its new settings
   */
  @CanIgnoreReturnValue
  public QueueInfo configure(String queue, QueueSettings settings) {
    return ask(
        QueuesGrpc.getConfigureQueueMethod(),
        ConfigureQueueRequest.newBuilder()
            .setQueue(QueueName.check(queue))
            .setSettings(settings)
            .build());
  }

  /** Changes settings of one tenant of a queue; what is absent stays. */
  @CanIgnoreReturnValue
  public TenantInfo configureTenant(ConfigureTenantRequest request) {
    var unused = QueueName.check(request.getQueue());
    return ask(QueuesGrpc.getConfigureTenantMethod(), request);
  }

  /** The tenants of a queue that wait, run or have settings, in order of key. */
  public Stream<TenantInfo> tenants(String queue) {
    ListTenantsRequest request =
        ListTenantsRequest.newBuilder()
            .setQueue(QueueName.check(queue))
            .setPageSize(Limits.LIST_PAGE_MAX)
            .build();
    return Pages.stream(
        request,
        from -> {
          ListTenantsReply reply = ask(QueuesGrpc.getListTenantsMethod(), from);
          List<TenantInfo> rows = reply.getTenantsList();
          return new Page<>(
              rows,
              reply.getMore() && !rows.isEmpty()
                  ? from.toBuilder().setAfter(rows.get(rows.size() - 1).getTenant()).build()
                  : null);
        });
  }

  /**
   * One page of the tasks that match.
   *
   * @param filter with queue and state
   * @param cursor from the page before; empty: the first page
   * @param pageSize 1 to 1,000; 0: 100
   */
  public ListTasksReply tasks(TaskFilter filter, ByteString cursor, int pageSize) {
    return ask(
        TasksGrpc.getListTasksMethod(),
        ListTasksRequest.newBuilder()
            .setFilter(filter)
            .setCursor(cursor)
            .setPageSize(pageSize)
            .build());
  }

  /**
   * All tasks that match.
   *
   * @param filter with queue and state
   */
  public Stream<TaskInfo> tasks(TaskFilter filter) {
    return Pages.stream(
        ByteString.EMPTY,
        cursor -> {
          ListTasksReply reply = tasks(filter, cursor, Limits.LIST_PAGE_MAX);
          return new Page<>(
              reply.getTasksList(), reply.getCursor().isEmpty() ? null : reply.getCursor());
        });
  }

  /**
   * Puts finished or quarantined tasks that match back to wait, with fresh counters.
   *
   * @param filter with queue and state: FAILED, CANCELLED, EXPIRED or QUARANTINED
   * @return how many
   */
  @CanIgnoreReturnValue
  public long replay(TaskFilter filter) {
    return bulk(TasksGrpc.getReplayMethod(), filter);
  }

  /**
   * Forgets tasks that match.
   *
   * @param filter with queue and state: as for {@link #replay}, and READY, DELAYED, SUCCEEDED
   * @return how many
   */
  @CanIgnoreReturnValue
  public long drop(TaskFilter filter) {
    return bulk(TasksGrpc.getDropMethod(), filter);
  }

  private long bulk(MethodDescriptor<BulkRequest, BulkReply> method, TaskFilter filter) {
    BulkRequest.Builder request = BulkRequest.newBuilder().setFilter(filter);
    return askOnce(method, id -> request.setRequest(id).build()).getCount();
  }

  /**
   * Calls tasks off: those that wait at once, those that run by asking their workers.
   *
   * @param ids any number; more than 65,536 travel in several requests
   * @param subtree also what these have enqueued, and what depends on them, and so on; of a large
   *     one the reply counts the first thousands, and says that the rest follows
   * @param reason for people; recorded; may be empty
   */
  @CanIgnoreReturnValue
  public CancelReply cancel(List<Long> ids, boolean subtree, String reason) {
    CancelReply.Builder sum = CancelReply.newBuilder();
    for (int from = 0; from < ids.size(); from += Limits.AWAIT_IDS_MAX) {
      CancelReply reply =
          cancel(
              CancelRequest.newBuilder()
                  .addAllIds(ids.subList(from, Math.min(ids.size(), from + Limits.AWAIT_IDS_MAX)))
                  .setSubtree(subtree)
                  .setReason(reason));
      sum.setCancelled(sum.getCancelled() + reply.getCancelled())
          .setCancelling(sum.getCancelling() + reply.getCancelling())
          .setUntouched(sum.getUntouched() + reply.getUntouched());
    }
    return sum.build();
  }

  /**
   * Calls off all waiting and running tasks that match; see {@link #cancel(List, boolean, String)}.
   */
  @CanIgnoreReturnValue
  public CancelReply cancel(TaskFilter filter, String reason) {
    return cancel(CancelRequest.newBuilder().setFilter(filter).setReason(reason));
  }

  private CancelReply cancel(CancelRequest.Builder request) {
    return askOnce(TasksGrpc.getCancelMethod(), id -> request.setRequest(id).build());
  }

  /** Why a task waits, failed or ran more than once. */
  public ExplainReply explain(long id) {
    return ask(TasksGrpc.getExplainMethod(), ExplainRequest.newBuilder().setId(id).build());
  }

  /**
   * Who works, in order of session number.
   *
   * @param queue only those that serve it; empty: all
   */
  public Stream<WorkerInfo> workers(String queue) {
    ListWorkersRequest request =
        ListWorkersRequest.newBuilder()
            .setQueue(queue.isEmpty() ? queue : QueueName.check(queue))
            .setPageSize(Limits.LIST_PAGE_MAX)
            .build();
    return Pages.stream(
        request,
        from -> {
          ListWorkersReply reply = ask(WorkersGrpc.getListWorkersMethod(), from);
          List<WorkerInfo> rows = reply.getWorkersList();
          return new Page<>(
              rows,
              reply.getMore() && !rows.isEmpty()
                  ? from.toBuilder().setAfter(rows.get(rows.size() - 1).getSession()).build()
                  : null);
        });
  }

  /** Asks a worker to take no more, to finish what it runs, and to go. Returns at once. */
  public void drainWorker(long session) {
    var unused =
        ask(
            WorkersGrpc.getDrainWorkerMethod(),
            DrainWorkerRequest.newBuilder().setSession(session).build());
  }

  /**
   * Asks a worker to end at once: what it runs is interrupted and given back, free of charge.
   * Returns at once.
   */
  public void killWorker(long session) {
    var unused =
        ask(
            WorkersGrpc.getKillWorkerMethod(),
            KillWorkerRequest.newBuilder().setSession(session).build());
  }

  /**
   * One worker, to be looked after.
   *
   * @param worker its session number; or "name@host:pid" as workers are listed, of which a
   *     beginning is enough that only one has
   * @throws RefusedException when there is none
   * @throws InvalidInputException when there are several
   */
  public RemoteWorker worker(String worker) {
    return RemoteWorker.find(this, worker);
  }

  /** The worker of this session; null: there is none. */
  @Nullable WorkerInfo worker(long session, Duration timeout) {
    ListWorkersRequest request =
        ListWorkersRequest.newBuilder().setAfter(session - 1).setPageSize(1).build();
    List<WorkerInfo> next =
        ask(WorkersGrpc.getListWorkersMethod(), request, min(timeout, requestTimeout))
            .getWorkersList();
    return session == 0 || next.isEmpty() || next.get(0).getSession() != session
        ? null
        : next.get(0);
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /**
   * What the handler of a running task does now: its worker, and its stack as text of at most 64
   * KiB.
   *
   * @throws RefusedException when the task is not known, or does not run
   * @throws TimedOutException when its worker does not answer within 5 s
   */
  public StackReply stack(long id) {
    return ask(TasksGrpc.getStackMethod(), StackRequest.newBuilder().setId(id).build());
  }

  /** Makes a schedule, or replaces the one of this name; its last run is kept. */
  @CanIgnoreReturnValue
  public ScheduleInfo putSchedule(Schedule schedule) {
    return ask(
        SchedulesGrpc.getPutScheduleMethod(),
        PutScheduleRequest.newBuilder().setSchedule(schedule).build());
  }

  /** The schedules whose names begin so, in order of name. */
  public Stream<ScheduleInfo> schedules(String prefix) {
    ListSchedulesRequest request =
        ListSchedulesRequest.newBuilder()
            .setPrefix(prefix)
            .setPageSize(Limits.LIST_PAGE_MAX)
            .build();
    return Pages.stream(
        request,
        from -> {
          ListSchedulesReply reply = ask(SchedulesGrpc.getListSchedulesMethod(), from);
          List<ScheduleInfo> rows = reply.getSchedulesList();
          return new Page<>(
              rows,
              reply.getMore() && !rows.isEmpty()
                  ? from.toBuilder()
                      .setAfter(rows.get(rows.size() - 1).getSchedule().getName())
                      .build()
                  : null);
        });
  }

  /** Forgets a schedule; the tasks that it enqueued stay. */
  public void deleteSchedule(String name) {
    var unused =
        ask(
            SchedulesGrpc.getDeleteScheduleMethod(),
            DeleteScheduleRequest.newBuilder().setName(name).build());
  }

  /**
   * Enqueues a schedule's task now, beside the plan. Asked for once: when the answer is lost, this
   * fails and the task may be there.
   *
   * @return the task's id
   */
  @CanIgnoreReturnValue
  public long runSchedule(String name) {
    try {
      return ClientCalls.blockingUnaryCall(
              channels.get(),
              SchedulesGrpc.getRunScheduleMethod(),
              CallOptions.DEFAULT.withDeadlineAfter(
                  requestTimeout.toMillis(), TimeUnit.MILLISECONDS),
              RunScheduleRequest.newBuilder().setName(name).build())
          .getTask();
    } catch (StatusRuntimeException e) {
      if (RpcFailures.refusal(e) == null && RpcFailures.isRetryable(e)) {
        throw new UnreachableException(
            "the master did not answer whether schedule "
                + name
                + " ran; its last run tells, before it is run again",
            e);
      }
      throw RpcFailures.of(e);
    }
  }

  /** Keeps a schedule from firing, or lets it go on; then its catch-up rule holds. */
  @CanIgnoreReturnValue
  public ScheduleInfo pauseSchedule(String name, boolean paused) {
    return ask(
        SchedulesGrpc.getPauseScheduleMethod(),
        PauseScheduleRequest.newBuilder().setName(name).setPaused(paused).build());
  }

  /** Counts everything again from the store, and says what does not add up. */
  public VerifyReply verify() {
    return ask(QueuesGrpc.getVerifyMethod(), VerifyRequest.getDefaultInstance(), LONG_CALL);
  }

  /**
   * What happens, as it happens, on this thread: until it is interrupted, or the consumer throws.
   * Connects again when the master was away for less than the request time-out; what happened in
   * between is missed.
   *
   * @param prefix only queues whose names begin so
   */
  public void tail(String prefix, Consumer<TailReply> consumer) {
    TailRequest request = TailRequest.newBuilder().setPrefix(prefix).build();
    try (Replies<TailRequest, TailReply> replies =
        streams.open(QueuesGrpc.getTailMethod(), () -> request)) {
      for (TailReply reply = replies.next(); reply != null; reply = replies.next()) {
        consumer.accept(reply);
      }
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("the master told what happens");
    }
  }

  /**
   * Progress, log lines and partial results of running tasks, as they come, and how each ended, on
   * this thread; returns when all of them have ended. Connects again when the master was away for
   * less than the request time-out; log lines may then be missing or come again, partial results
   * never come twice.
   *
   * @param ids 1 to 1,000
   */
  public void watch(List<Long> ids, Consumer<WatchReply> consumer) {
    try (WatchReplies replies = new WatchReplies(streams, ids)) {
      for (WatchReply reply = replies.next(); reply != null; reply = replies.next()) {
        consumer.accept(reply);
      }
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("tasks were watched");
    }
  }

  private <Q, R> R ask(MethodDescriptor<Q, R> method, Q request) {
    return ask(method, request, requestTimeout);
  }

  private <Q, R> R ask(MethodDescriptor<Q, R> method, Q request, Duration timeout) {
    try {
      return calls.call(method, request, TimeLimit.of(timeout));
    } catch (InterruptedException e) {
      throw interrupted(method);
    }
  }

  /** For what goes through many tasks: done once, however often it is sent. */
  private <Q, R> R askOnce(MethodDescriptor<Q, R> method, Function<RequestId, Q> request) {
    try {
      return calls.callOnce(method, request, TimeLimit.of(LONG_CALL));
    } catch (InterruptedException e) {
      throw interrupted(method);
    }
  }

  private static RuntimeException interrupted(MethodDescriptor<?, ?> method) {
    return TimeLimit.interrupted("the master was asked for " + method.getBareMethodName());
  }
}
