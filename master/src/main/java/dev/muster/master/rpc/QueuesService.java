package dev.muster.master.rpc;

import dev.muster.master.dispatch.EventHub;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.ListQueuesReply;
import dev.muster.proto.v1.ListQueuesRequest;
import dev.muster.proto.v1.ListTenantsReply;
import dev.muster.proto.v1.ListTenantsRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TailRequest;
import dev.muster.proto.v1.TenantInfo;
import dev.muster.proto.v1.VerifyReply;
import dev.muster.proto.v1.VerifyRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** What stands in the queues, and their settings. */
public final class QueuesService extends QueuesGrpc.QueuesImplBase {
  private final Proposer proposer;
  private final Applier applier;
  private final Sessions sessions;
  private final EventHub events;
  private final Supplier<VerifyReply> verification;
  private final Executor egress;
  private final Executor background;

  /**
   * @param verification counts everything again; may take long
   * @param egress sends what streams
   * @param background runs what may take longer
   */
  public QueuesService(
      Proposer proposer,
      Applier applier,
      Sessions sessions,
      EventHub events,
      Supplier<VerifyReply> verification,
      Executor egress,
      Executor background) {
    this.proposer = proposer;
    this.applier = applier;
    this.sessions = sessions;
    this.events = events;
    this.verification = verification;
    this.egress = egress;
    this.background = background;
  }

  @Override
  public void listQueues(ListQueuesRequest request, StreamObserver<ListQueuesReply> caller) {
    Outcome.Refused refused = RequestCheck.page(request.getPageSize());
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    int size = RequestCheck.pageSize(request.getPageSize());
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
      caller.onError(Refusals.status(unknown(request.getQueue())));
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
    Outcome.Refused refused = QueueCheck.configure(request);
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    UnaryReply<QueueInfo> reply =
        new UnaryReply<>(caller) {
          @Override
          QueueInfo map(Outcome outcome) {
            QueueInfo queue = ((Outcome.Configured) outcome).queue();
            // Also here, so that a limit can be compared with what runs.
            return applier.read(machine -> complete(machine, List.of(queue)).get(0));
          }
        };
    UnaryReply.propose(
        proposer, Command.newBuilder().setConfigureQueue(request).build(), reply, caller);
  }

  private static Outcome.Refused unknown(String queue) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_QUEUE, "queue " + queue + " was never used");
  }

  @Override
  public void configureTenant(ConfigureTenantRequest request, StreamObserver<TenantInfo> caller) {
    Outcome.Refused refused = QueueCheck.configure(request);
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    UnaryReply<TenantInfo> reply =
        new UnaryReply<>(caller) {
          @Override
          TenantInfo map(Outcome outcome) {
            return ((Outcome.TenantConfigured) outcome).tenant();
          }
        };
    UnaryReply.propose(
        proposer, Command.newBuilder().setConfigureTenant(request).build(), reply, caller);
  }

  @Override
  public void listTenants(ListTenantsRequest request, StreamObserver<ListTenantsReply> caller) {
    Outcome.Refused refused = RequestCheck.queue(request.getQueue());
    if (refused == null) {
      refused = RequestCheck.page(request.getPageSize());
    }
    if (refused == null && applier.read(machine -> machine.queue(request.getQueue()) == null)) {
      refused = unknown(request.getQueue());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    int size = RequestCheck.pageSize(request.getPageSize());
    List<TenantInfo> page =
        applier.read(machine -> machine.tenants(request.getQueue(), request.getAfter(), size + 1));
    boolean more = page.size() > size;
    caller.onNext(
        ListTenantsReply.newBuilder()
            .addAllTenants(more ? page.subList(0, size) : page)
            .setMore(more)
            .build());
    caller.onCompleted();
  }

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyReply> caller) {
    try {
      background.execute(() -> verify(caller));
    } catch (RejectedExecutionException e) {
      caller.onError(Refusals.unavailable("the master is stopping"));
    }
  }

  private void verify(StreamObserver<VerifyReply> caller) {
    VerifyReply reply;
    try {
      reply = verification.get();
    } catch (RuntimeException e) {
      // What cannot be read is what this is asked for: the caller has to hear of it.
      caller.onError(Refusals.broken("the count ends early", e));
      return;
    }
    caller.onNext(reply);
    caller.onCompleted();
  }

  @Override
  public void tail(TailRequest request, StreamObserver<TailReply> caller) {
    TailStream.open(
        (ServerCallStreamObserver<TailReply>) caller, egress, events, request.getPrefix());
  }
}
