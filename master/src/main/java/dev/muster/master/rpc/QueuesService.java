package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.ListQueuesReply;
import dev.muster.proto.v1.ListQueuesRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueuesGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What stands in the queues, and their settings. */
public final class QueuesService extends QueuesGrpc.QueuesImplBase {
  private final Proposer proposer;
  private final Applier applier;
  private final Sessions sessions;

  public QueuesService(Proposer proposer, Applier applier, Sessions sessions) {
    this.proposer = proposer;
    this.applier = applier;
    this.sessions = sessions;
  }

  @Override
  public void listQueues(ListQueuesRequest request, StreamObserver<ListQueuesReply> caller) {
    int size = request.getPageSize() == 0 ? Limits.LIST_PAGE_DEFAULT : request.getPageSize();
    if (size < 1 || size > Limits.LIST_PAGE_MAX) {
      caller.onError(
          Refusals.status(
              RequestCheck.bad(
                  "a page has 1 to " + Limits.LIST_PAGE_MAX + " queues, found " + size)));
      return;
    }
    ListQueuesReply reply =
        applier.read(
            machine -> {
              List<QueueInfo> page =
                  machine.queues(request.getPrefix(), request.getAfter(), size + 1);
              boolean more = page.size() > size;
              return ListQueuesReply.newBuilder()
                  .addAllQueues(complete(machine, more ? page.subList(0, size) : page))
                  .setMore(more)
                  .build();
            });
    caller.onNext(reply);
    caller.onCompleted();
  }

  @Override
  public void getQueue(GetQueueRequest request, StreamObserver<QueueInfo> caller) {
    List<QueueInfo> found =
        applier.read(
            machine -> {
              QueueInfo queue = machine.queue(request.getQueue());
              return queue == null ? List.of() : complete(machine, List.of(queue));
            });
    if (found.isEmpty()) {
      caller.onError(
          Status.NOT_FOUND
              .withDescription("queue " + request.getQueue() + " was never used")
              .asRuntimeException());
    } else {
      caller.onNext(found.get(0));
      caller.onCompleted();
    }
  }

  /** Adds what the leader alone knows: which leased tasks have started, and who works. */
  private List<QueueInfo> complete(QueueMachine machine, List<QueueInfo> queues) {
    Map<String, Long> running = new HashMap<>();
    machine.leased(
        (queue, id, token, session, leaseUntilMs) -> {
          if (session == 0 || sessions.hasStarted(session, id)) {
            running.merge(queue, 1L, Long::sum);
          }
        });
    return queues.stream()
        .map(
            queue -> {
              long started = running.getOrDefault(queue.getName(), 0L);
              return queue.toBuilder()
                  .setRunning(started)
                  .setOffered(queue.getOffered() - started)
                  .setWorkers(sessions.workers(queue.getName()))
                  .build();
            })
        .toList();
  }

  @Override
  public void configureQueue(ConfigureQueueRequest request, StreamObserver<QueueInfo> caller) {
    Outcome.Refused refused = RequestCheck.queue(request.getQueue());
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    UnaryReply<QueueInfo> reply =
        new UnaryReply<>(caller) {
          @Override
          QueueInfo map(Outcome outcome) {
            return ((Outcome.Configured) outcome).queue();
          }
        };
    UnaryReply.propose(
        proposer, Command.newBuilder().setConfigureQueue(request).build(), reply, caller);
  }
}
