package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.dispatch.Awaits;
import dev.muster.master.dispatch.Dispatcher;
import dev.muster.master.dispatch.ParkedTake;
import dev.muster.master.dispatch.Roster;
import dev.muster.master.dispatch.RunningNotes;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.ExplainRequest;
import dev.muster.proto.v1.ExtendReply;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.GetTaskRequest;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.InputsRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.StackRequest;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Producers, and consumers without a session. */
public final class TasksService extends TasksGrpc.TasksImplBase {
  private final Proposer proposer;
  private final Dispatcher dispatcher;
  private final Awaits awaits;
  private final RunningNotes notes;
  private final Admission admission;
  private final Executor egress;
  private final TaskChanges changes;
  private final TaskQueries queries;

  /**
   * @param egress sends what streams: one thread, so that what gathers goes out together
   */
  public TasksService(
      Proposer proposer,
      Applier applier,
      Dispatcher dispatcher,
      Sessions sessions,
      Roster roster,
      Awaits awaits,
      RunningNotes notes,
      Admission admission,
      Executor egress) {
    this.proposer = proposer;
    this.dispatcher = dispatcher;
    this.awaits = awaits;
    this.notes = notes;
    this.admission = admission;
    this.egress = egress;
    this.changes = new TaskChanges(proposer, admission);
    this.queries = new TaskQueries(proposer, applier, sessions, roster, admission, egress);
  }

  @Override
  public void enqueue(EnqueueRequest request, StreamObserver<EnqueueReply> caller) {
    enqueue(request, false, new UnaryEnqueue(caller));
  }

  @Override
  public StreamObserver<EnqueueFrame> enqueueStream(StreamObserver<EnqueueReplies> caller) {
    return new EnqueueStream((ServerCallStreamObserver<EnqueueReplies>) caller, this);
  }

  /** Checks a request and proposes it; the receiver hears once what came of it. */
  void enqueue(EnqueueRequest request, boolean numbered, EnqueueReceiver receiver) {
    Outcome.Refused refused = EnqueueCheck.enqueue(request, numbered);
    if (refused == null) {
      refused = admission.refusal();
    }
    if (refused != null) {
      receiver.refused(request, refused);
      return;
    }
    Reply reply =
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            if (outcome instanceof Outcome.Enqueued enqueued) {
              receiver.enqueued(request, enqueued);
            } else {
              receiver.refused(request, (Outcome.Refused) outcome);
            }
          }

          @Override
          public void entryApplied() {
            receiver.entryApplied();
          }

          @Override
          public void unknown(String why) {
            receiver.refused(request, Refusals.unavailableOutcome(why));
          }
        };
    boolean taken =
        proposer.submit(
            request.getSerializedSize(),
            () -> dispatcher.enqueue(request, reply),
            () -> reply.unknown("the master is stopping"));
    if (!taken) {
      receiver.refused(request, Refusals.overloaded());
    }
  }

  @Override
  public void take(TakeRequest asked, StreamObserver<TakeReply> caller) {
    TakeRequest request =
        asked.getVisibilityTimeoutMs() == 0
            ? asked.toBuilder().setVisibilityTimeoutMs(Limits.VISIBILITY_TIMEOUT_MS_DEFAULT).build()
            : asked;
    Outcome.Refused refused = RequestCheck.take(request);
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    ServerCallStreamObserver<TakeReply> call = (ServerCallStreamObserver<TakeReply>) caller;
    AtomicReference<@Nullable ParkedTake> parked = new AtomicReference<>();
    call.setOnCancelHandler(
        () ->
            proposer.execute(
                () -> {
                  ParkedTake take = parked.get();
                  if (take != null) {
                    dispatcher.cancel(take);
                  }
                }));
    boolean taken =
        proposer.submit(
            request.getSerializedSize(),
            () -> parked.set(dispatcher.take(request, new TakeReceiver(call))),
            () -> caller.onError(Refusals.unavailable("the master is stopping")));
    if (!taken) {
      caller.onError(Refusals.status(Refusals.overloaded()));
    }
  }

  @Override
  public void settle(SettleRequest request, StreamObserver<SettleReply> caller) {
    Outcome.Refused refused = SettlementCheck.settlement(request.getSettlement());
    if (refused == null) {
      refused = RequestCheck.request(request.getRequest(), request.hasRequest());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    Settle.Builder settle = Settle.newBuilder().setSettlement(request.getSettlement());
    if (request.hasRequest()) {
      settle.setRequest(request.getRequest());
    }
    propose(
        Command.newBuilder().setSettle(settle).build(),
        caller,
        settled -> SettleReply.newBuilder().addAllRefused(settled.refused()).build());
  }

  @Override
  public void extend(ExtendRequest request, StreamObserver<ExtendReply> caller) {
    Outcome.Refused refused = RequestCheck.columns(request.getIdsCount(), request.getTokensCount());
    if (refused == null) {
      refused = RequestCheck.visibility(request.getVisibilityTimeoutMs());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    propose(
        Command.newBuilder().setExtend(request).build(),
        caller,
        settled -> ExtendReply.newBuilder().addAllRefused(settled.refused()).build());
  }

  private <R> void propose(Command command, StreamObserver<R> caller, SettledMapping<R> mapping) {
    Reply reply =
        new UnaryReply<R>(caller) {
          @Override
          R map(Outcome outcome) {
            return mapping.map((Outcome.Settled) outcome);
          }
        };
    UnaryReply.propose(proposer, command, reply, caller);
  }

  @Override
  public void await(AwaitRequest request, StreamObserver<AwaitReply> caller) {
    int count = request.getIdsCount();
    if (count < 1 || count > Limits.AWAIT_IDS_MAX) {
      caller.onError(
          Refusals.status(
              RequestCheck.bad(
                  "an await names 1 to " + Limits.AWAIT_IDS_MAX + " tasks, found " + count)));
      return;
    }
    List<Long> ids = request.getIdsList().stream().distinct().toList();
    AwaitStream stream =
        new AwaitStream(
            (ServerCallStreamObserver<AwaitReply>) caller, egress, ids.size(), request.getAny());
    Awaits.Waiter waiter = awaits.register(ids, stream::add);
    stream.endWithCaller(() -> awaits.cancel(waiter));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchReply> caller) {
    Outcome.Refused refused =
        RequestCheck.ids("a watch", request.getIdsList(), 1, Limits.WATCH_IDS_MAX);
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    WatchStream.open(
        (ServerCallStreamObserver<WatchReply>) caller, egress, request.getIdsList(), notes, awaits);
  }

  @Override
  public void enqueueGraph(GraphRequest request, StreamObserver<EnqueueReply> caller) {
    changes.enqueueGraph(request, caller);
  }

  @Override
  public void cancel(CancelRequest request, StreamObserver<CancelReply> caller) {
    changes.cancel(request, caller);
  }

  @Override
  public void replay(BulkRequest request, StreamObserver<BulkReply> caller) {
    changes.replay(request, caller);
  }

  @Override
  public void drop(BulkRequest request, StreamObserver<BulkReply> caller) {
    changes.drop(request, caller);
  }

  @Override
  public void getTask(GetTaskRequest request, StreamObserver<TaskInfo> caller) {
    queries.getTask(request, caller);
  }

  @Override
  public void listTasks(ListTasksRequest request, StreamObserver<ListTasksReply> caller) {
    queries.listTasks(request, caller);
  }

  @Override
  public void inputs(InputsRequest request, StreamObserver<InputsReply> caller) {
    queries.inputs(request, caller);
  }

  @Override
  public void explain(ExplainRequest request, StreamObserver<ExplainReply> caller) {
    queries.explain(request, caller);
  }

  @Override
  public void stack(StackRequest request, StreamObserver<StackReply> caller) {
    queries.stack(request, caller);
  }

  private interface SettledMapping<R> {
    R map(Outcome.Settled settled);
  }

  /** Who hears what came of an enqueue. */
  interface EnqueueReceiver {
    /** It is added. The apply thread; {@link #entryApplied} follows. */
    void enqueued(EnqueueRequest request, Outcome.Enqueued enqueued);

    /** Nothing is added. Any thread. */
    void refused(EnqueueRequest request, Outcome.Refused refused);

    /** As {@link Reply#entryApplied}. */
    default void entryApplied() {}
  }

  private record UnaryEnqueue(StreamObserver<EnqueueReply> caller) implements EnqueueReceiver {
    @Override
    public void enqueued(EnqueueRequest request, Outcome.Enqueued enqueued) {
      caller.onNext(EnqueueStream.reply(request.getRequest().getNumber(), enqueued));
      caller.onCompleted();
    }

    @Override
    public void refused(EnqueueRequest request, Outcome.Refused refused) {
      caller.onError(Refusals.status(refused));
    }
  }

  private record TakeReceiver(ServerCallStreamObserver<TakeReply> call)
      implements ParkedTake.Receiver {
    @Override
    public boolean take(List<Offer> offers) {
      if (call.isCancelled()) {
        return false;
      }
      call.onNext(TakeReply.newBuilder().addAllOffers(offers).build());
      call.onCompleted();
      return true;
    }

    @Override
    public void unavailable(String why) {
      call.onError(Refusals.unavailable(why));
    }
  }
}
