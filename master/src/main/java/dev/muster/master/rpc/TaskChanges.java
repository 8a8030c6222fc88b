package dev.muster.master.rpc;

import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.TaskState;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** What changes many tasks at once: graphs, cancelling, replay, drop. */
final class TaskChanges {
  private final Proposer proposer;
  private final Admission admission;

  TaskChanges(Proposer proposer, Admission admission) {
    this.proposer = proposer;
    this.admission = admission;
  }

  void enqueueGraph(GraphRequest request, StreamObserver<EnqueueReply> caller) {
    Outcome.Refused refused = GraphCheck.graph(request);
    if (refused == null) {
      refused = admission.refusal();
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    long number = request.getRequest().getNumber();
    UnaryReply<EnqueueReply> reply =
        new UnaryReply<>(caller) {
          @Override
          EnqueueReply map(Outcome outcome) {
            return EnqueueStream.reply(number, (Outcome.Enqueued) outcome);
          }
        };
    UnaryReply.propose(proposer, Command.newBuilder().setGraph(request).build(), reply, caller);
  }

  void cancel(CancelRequest request, StreamObserver<CancelReply> caller) {
    Outcome.Refused refused = FilterCheck.cancel(request);
    if (refused == null) {
      refused = RequestCheck.request(request.getRequest(), request.hasRequest());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
    } else if (request.hasFilter()) {
      cancelAll(request, caller);
    } else {
      cancelThese(request, caller);
    }
  }

  private void cancelThese(CancelRequest request, StreamObserver<CancelReply> caller) {
    Cancel.Builder cancel =
        Cancel.newBuilder()
            .addAllIds(request.getIdsList())
            .setSubtree(request.getSubtree())
            .setReason(request.getReason());
    if (request.hasRequest()) {
      cancel.setRequest(request.getRequest());
    }
    UnaryReply<CancelReply> reply =
        new UnaryReply<>(caller) {
          @Override
          CancelReply map(Outcome outcome) {
            Outcome.Cancelled cancelled = (Outcome.Cancelled) outcome;
            return CancelReply.newBuilder()
                .setCancelled(cancelled.cancelled())
                .setCancelling(cancelled.cancelling())
                .setUntouched(cancelled.untouched())
                .setGoesOn(cancelled.goesOn())
                .build();
          }
        };
    UnaryReply.propose(proposer, Command.newBuilder().setCancel(cancel).build(), reply, caller);
  }

  private void cancelAll(CancelRequest request, StreamObserver<CancelReply> caller) {
    boolean running = request.getFilter().getState() == TaskState.TASK_STATE_RUNNING;
    Bulk.Builder what =
        Bulk.newBuilder()
            .setAction(Bulk.Action.CANCEL)
            .setFilter(request.getFilter())
            .setReason(request.getReason());
    if (request.hasRequest()) {
      what.setRequest(request.getRequest());
    }
    Sweep.run(
        proposer,
        what.build(),
        caller,
        count ->
            running
                ? CancelReply.newBuilder().setCancelling(count).build()
                : CancelReply.newBuilder().setCancelled(count).build());
  }

  void replay(BulkRequest request, StreamObserver<BulkReply> caller) {
    bulk(Bulk.Action.REPLAY, FilterCheck.replay(request.getFilter()), request, caller);
  }

  void drop(BulkRequest request, StreamObserver<BulkReply> caller) {
    bulk(Bulk.Action.DROP, FilterCheck.drop(request.getFilter()), request, caller);
  }

  private void bulk(
      Bulk.Action action,
      Outcome.@Nullable Refused refused,
      BulkRequest request,
      StreamObserver<BulkReply> caller) {
    Outcome.Refused wrong =
        refused == null
            ? RequestCheck.request(request.getRequest(), request.hasRequest())
            : refused;
    if (wrong != null) {
      caller.onError(Refusals.status(wrong));
      return;
    }
    Bulk.Builder what = Bulk.newBuilder().setAction(action).setFilter(request.getFilter());
    if (request.hasRequest()) {
      what.setRequest(request.getRequest());
    }
    Sweep.run(
        proposer, what.build(), caller, count -> BulkReply.newBuilder().setCount(count).build());
  }
}
