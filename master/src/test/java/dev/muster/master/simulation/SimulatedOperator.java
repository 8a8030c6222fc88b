package dev.muster.master.simulation;

import dev.muster.proto.v1.BulkReply;
import dev.muster.proto.v1.BulkRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whoever looks after a master: starts it, configures it, calls off, puts back, drops. */
final class SimulatedOperator {
  final World.Program process = new World.Program("operator");
  private final World world;
  private final Supplier<SimulatedMaster> master;
  private final LongFunction<TaskState> stateOf;
  private final Set<String> unconfigured = new HashSet<>();

  private record Kind(String queue, TaskState state) {}

  SimulatedOperator(
      World world, Supplier<SimulatedMaster> master, LongFunction<TaskState> stateOf) {
    this.world = world;
    this.master = master;
    this.stateOf = stateOf;
  }

  boolean isIdle() {
    return unconfigured.isEmpty();
  }

  /** Asks until it is done. */
  void configure(String queue, QueueSettings settings) {
    unconfigured.add(queue);
    ConfigureQueueRequest request =
        ConfigureQueueRequest.newBuilder().setQueue(queue).setSettings(settings).build();
    SimulatedCall.<QueueInfo>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.queues.configureQueue(request, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(QueueInfo reply) {
            unconfigured.remove(queue);
          }

          @Override
          public void end(@Nullable Throwable failure) {
            if (unconfigured.contains(queue)) {
              world.after(100, process, () -> configure(queue, settings));
            }
          }
        });
  }

  /** Calls tasks off, once: whether anybody hears of it is not known. */
  void cancel(List<LedgerEntry> some, boolean subtree) {
    for (LedgerEntry entry : some) {
      entry.calledOff = true;
      entry.treeCalledOff |= subtree;
    }
    CancelRequest request =
        CancelRequest.newBuilder().addAllIds(ids(some)).setSubtree(subtree).build();
    world.tell(() -> "somebody calls off " + ids(some) + (subtree ? " and all below" : ""));
    this.<CancelReply>once((to, caller) -> to.tasks.cancel(request, caller));
  }

  private static List<Long> ids(List<LedgerEntry> some) {
    return some.stream().map(entry -> entry.id).distinct().toList();
  }

  /** Puts back tasks that ended badly or are set aside. */
  void replay(List<LedgerEntry> some) {
    some.forEach(entry -> entry.replayAsked = true);
    byKind(some)
        .forEach(
            (kind, ids) -> {
              world.tell(() -> "somebody puts back " + ids + ", which are " + kind.state);
              BulkRequest request = request(kind, ids);
              this.<BulkReply>once((to, caller) -> to.tasks.replay(request, caller));
            });
  }

  /** Forgets tasks that ended badly or are set aside. */
  void drop(List<LedgerEntry> some) {
    some.forEach(entry -> entry.dropAsked = true);
    byKind(some)
        .forEach(
            (kind, ids) -> {
              world.tell(() -> "somebody drops " + ids + ", which are " + kind.state);
              BulkRequest request = request(kind, ids);
              this.<BulkReply>once((to, caller) -> to.tasks.drop(request, caller));
            });
  }

  /** Forgets whatever waits in a queue. */
  void purge(String queue) {
    for (TaskState state : List.of(TaskState.TASK_STATE_READY, TaskState.TASK_STATE_DELAYED)) {
      BulkRequest request =
          BulkRequest.newBuilder()
              .setFilter(TaskFilter.newBuilder().setQueue(queue).setState(state))
              .build();
      world.tell(() -> "somebody purges " + queue + " of what is " + state);
      this.<BulkReply>once((to, caller) -> to.tasks.drop(request, caller));
    }
  }

  /** Calls off all that match. */
  void cancelAll(TaskFilter filter) {
    CancelRequest request =
        CancelRequest.newBuilder().setFilter(filter).setReason(RemovalLedger.REASON).build();
    world.tell(() -> "somebody calls off " + filter.toString().replaceAll("\\s+", " ").trim());
    this.<CancelReply>once((to, caller) -> to.tasks.cancel(request, caller));
  }

  private Map<Kind, List<Long>> byKind(List<LedgerEntry> some) {
    Map<Kind, List<Long>> byKind = new LinkedHashMap<>();
    for (LedgerEntry entry : some) {
      Kind kind = new Kind(entry.queue, stateOf.apply(entry.id));
      byKind.computeIfAbsent(kind, key -> new java.util.ArrayList<>()).add(entry.id);
    }
    return byKind;
  }

  private static BulkRequest request(Kind kind, List<Long> ids) {
    return BulkRequest.newBuilder()
        .setFilter(TaskFilter.newBuilder().setQueue(kind.queue).setState(kind.state).addAllIds(ids))
        .build();
  }

  private interface Method<R> {
    void call(SimulatedMaster to, ServerCallStreamObserver<R> caller);
  }

  private <R> void once(Method<R> method) {
    SimulatedCall.<R>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          method.call(to, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          @Override
          public void next(R reply) {}

          @Override
          public void end(@Nullable Throwable failure) {
            if (failure != null) {
              Status.Code code = Status.fromThrowable(failure).getCode();
              // Not found: whoever uses a queue first may not have come yet.
              World.check(
                  code == Status.Code.UNAVAILABLE || code == Status.Code.NOT_FOUND,
                  () -> "an operator's request is refused: " + failure);
            }
          }
        });
  }
}
