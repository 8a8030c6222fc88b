package dev.muster.master.simulation;

import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.TaskResult;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for tasks until it has heard of the end of each, once in each call. */
final class SimulatedAwaiter {
  private final World world;
  private final World.Program process;
  private final Ledger ledger;
  private final Supplier<SimulatedMaster> master;
  private final Set<Long> waiting;
  private @Nullable SimulatedCall<AwaitRequest, AwaitReply> call;

  SimulatedAwaiter(
      String name, World world, Ledger ledger, Supplier<SimulatedMaster> master, List<Long> ids) {
    this.process = new World.Program(name);
    this.world = world;
    this.ledger = ledger;
    this.master = master;
    this.waiting = new TreeSet<>(ids);
    world.tell(() -> name + " awaits " + waiting);
    ask();
  }

  boolean isIdle() {
    return waiting.isEmpty();
  }

  void cut(String why) {
    if (call != null) {
      call.cut(why);
    }
  }

  private void ask() {
    AwaitRequest request = AwaitRequest.newBuilder().addAllIds(waiting).build();
    call =
        SimulatedCall.stream(
            world,
            process,
            master.get(),
            (to, caller) -> {
              to.tasks.await(request, caller);
              return null;
            },
            new SimulatedCall.Answer<>() {
              @Override
              public void next(AwaitReply reply) {
                for (TaskResult result : reply.getResultsList()) {
                  World.check(
                      waiting.remove(result.getId()),
                      () -> process.name + " heard twice of task " + result.getId());
                  ledger.awaited(result);
                }
              }

              @Override
              public void end(@Nullable Throwable failure) {
                World.check(
                    failure != null || waiting.isEmpty(),
                    () -> process.name + " heard nothing of " + waiting);
                if (!waiting.isEmpty()) {
                  world.after(world.between(10, 500), process, SimulatedAwaiter.this::ask);
                }
              }
            });
  }
}
