package dev.muster.master.rpc;

import dev.muster.master.dispatch.Roster;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.DrainWorkerReply;
import dev.muster.proto.v1.DrainWorkerRequest;
import dev.muster.proto.v1.KillWorkerReply;
import dev.muster.proto.v1.KillWorkerRequest;
import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.ListWorkersRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.WorkerInfo;
import dev.muster.proto.v1.WorkersGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** Who works. What is asked for is known to the leader's loop, which answers. */
public final class WorkersService extends WorkersGrpc.WorkersImplBase {
  private final Proposer proposer;
  private final Applier applier;
  private final Sessions sessions;
  private final Roster roster;

  public WorkersService(Proposer proposer, Applier applier, Sessions sessions, Roster roster) {
    this.proposer = proposer;
    this.applier = applier;
    this.sessions = sessions;
    this.roster = roster;
  }

  @Override
  public void listWorkers(ListWorkersRequest request, StreamObserver<ListWorkersReply> caller) {
    Outcome.Refused refused = RequestCheck.page(request.getPageSize());
    if (refused == null && !request.getQueue().isEmpty()) {
      refused = RequestCheck.queue(request.getQueue());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    UnaryReply.onLoop(
        proposer,
        caller,
        () -> {
          caller.onNext(list(request));
          caller.onCompleted();
        });
  }

  private ListWorkersReply list(ListWorkersRequest request) {
    int size = RequestCheck.pageSize(request.getPageSize());
    List<WorkerInfo> page =
        applier.read(
            machine -> roster.list(machine, request.getQueue(), request.getAfter(), size + 1));
    boolean more = page.size() > size;
    return ListWorkersReply.newBuilder()
        .addAllWorkers(more ? page.subList(0, size) : page)
        .setMore(more)
        .build();
  }

  @Override
  public void drainWorker(DrainWorkerRequest request, StreamObserver<DrainWorkerReply> caller) {
    UnaryReply.onLoop(
        proposer,
        caller,
        () -> {
          boolean known = sessions.drain(request.getSession());
          answer(caller, DrainWorkerReply.getDefaultInstance(), known, request.getSession());
        });
  }

  @Override
  public void killWorker(KillWorkerRequest request, StreamObserver<KillWorkerReply> caller) {
    UnaryReply.onLoop(
        proposer,
        caller,
        () -> {
          boolean known = sessions.kill(request.getSession());
          answer(caller, KillWorkerReply.getDefaultInstance(), known, request.getSession());
        });
  }

  private static <R> void answer(StreamObserver<R> caller, R reply, boolean known, long session) {
    if (known) {
      caller.onNext(reply);
      caller.onCompleted();
    } else {
      caller.onError(Refusals.status(unknown(session)));
    }
  }

  private static Outcome.Refused unknown(long session) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_WORKER,
        "no worker has session "
            + Long.toUnsignedString(session)
            + ": it has gone, or was lost; the list of workers says who is there");
  }
}
