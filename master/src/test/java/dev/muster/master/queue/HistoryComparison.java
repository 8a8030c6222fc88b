package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Machine and model side by side: whatever can be asked must be the same. */
final class HistoryComparison {
  private final MachineRig rig;
  private final ReferenceModel model;

  HistoryComparison(MachineRig rig, ReferenceModel model) {
    this.rig = rig;
    this.model = model;
  }

  static boolean isSame(Outcome expected, Outcome found) {
    if (expected instanceof Outcome.Refused one && found instanceof Outcome.Refused other) {
      return one.reason() == other.reason();
    }
    if (expected instanceof Outcome.Configured one && found instanceof Outcome.Configured other) {
      return one.queue().equals(counts(other.queue()));
    }
    return expected.equals(found);
  }

  /** All but the tasks. */
  void all() {
    QueueMachine machine = rig.machine;
    check(machine.unconserved().isEmpty(), "not conserved: " + machine.unconserved());
    check(machine.nowMs() == model.nowMs || model.nowMs == 0, "time is " + machine.nowMs());
    Map<String, Supply> supplies = supplies();
    for (ReferenceQueue queue : model.queues.values()) {
      check(
          queue.info().equals(counts(machine.queue(queue.name))),
          () -> "expected " + queue.info() + ", found " + machine.queue(queue.name));
      supply(queue, Objects.requireNonNull(supplies.get(queue.name)));
    }
    Set<Long> leased = new HashSet<>();
    machine.leased(
        (queue, id, token, session, until) -> {
          ReferenceItem item = model.items.get(id);
          check(leased.add(id), "task " + id + " is leased twice");
          check(
              item != null
                  && item.isLeased()
                  && item.token == token
                  && item.session == session
                  && item.leaseUntilMs == until,
              "lease of " + id + " under " + token);
        });
    check(
        leased.size() == model.items.values().stream().filter(i -> i.isLeased()).count(),
        "leased are " + leased);
    long[] sessions = model.sessions.keySet().stream().mapToLong(Long::longValue).toArray();
    check(java.util.Arrays.equals(sessions, machine.sessions()), "sessions differ");
  }

  private void supply(ReferenceQueue queue, Supply supply) {
    Supply heard = rig.waiting.get(queue.name);
    check(supply.room() == queue.room(), "room in " + queue.name + " is " + supply.room());
    check(supply.nextAtMs() > model.nowMs, "time has come for " + queue.name + ": " + supply);
    check(
        queue.hasRates() || (heard == null && queue.ready.isEmpty()) || supply.equals(heard),
        () -> "the leader heard of " + heard + " in " + queue.name + ", where it is " + supply);
    Set<List<Object>> expected = new HashSet<>();
    if (!queue.isHeldBack(model.nowMs)) {
      queue
          .open(model.nowMs)
          .forEach(item -> expected.add(List.of(item.options.getRequiresMap(), item.cost())));
    }
    Set<List<Object>> found = new HashSet<>();
    for (PoolSupply pool : supply.pools()) {
      if (pool.leasable() > 0) {
        found.add(List.of(pool.requires(), pool.cost()));
      }
    }
    check(
        expected.equals(found),
        () -> "leasable in " + queue.name + " is " + supply + ", expected of " + expected);
  }

  /** Without what the model does not count. */
  private static @Nullable QueueInfo counts(@Nullable QueueInfo info) {
    return info == null ? null : info.toBuilder().clearKeptBytes().clearLeasable().build();
  }

  /** Every task that ever was. */
  void tasks() {
    for (long id = 1; id <= model.sequence; id++) {
      long task = id;
      TaskInfo found = rig.machine.task(id, true);
      ReferenceItem item = model.items.get(id);
      if (item == null) {
        check(
            found.getState() == TaskState.TASK_STATE_UNKNOWN || found.getFromHistory(),
            "task " + id + " is gone");
        continue;
      }
      boolean succeeded = item.state == TaskState.TASK_STATE_SUCCEEDED;
      check(
          found.getState() == item.state
              && found.getAttempts() == item.attempts
              && found.getFailures() == item.failures
              && found.getCrashes() == item.crashes
              && found.getReturns() == item.returns
              && found.getExpiries() == item.expiries
              && found.getToken() == item.token
              && found.getQueue().equals(item.queue.name)
              && found.getOptions().equals(item.options)
              && found.getPayloadBytes() == item.payload.size()
              && found.getPayload().equals(succeeded ? ByteString.EMPTY : item.payload)
              && found.getResult().equals(item.result),
          () -> "task " + task + " is " + found.toBuilder().clearPayload().build());
    }
  }

  Map<String, Supply> supplies() {
    Map<String, Supply> all = new HashMap<>();
    rig.machine.waiting(all::put);
    return all;
  }

  static void check(boolean right, String otherwise) {
    check(right, () -> otherwise);
  }

  static void check(boolean right, Supplier<String> otherwise) {
    if (!right) {
      throw new AssertionError(otherwise.get());
    }
  }
}
