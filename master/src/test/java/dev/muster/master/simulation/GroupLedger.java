package dev.muster.master.simulation;

import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What was promised of groups: one task of a group runs at a time, and those of one priority and
 * tenant in the order in which they were put, also when one of them is tried again.
 */
final class GroupLedger {
  private final LongFunction<TaskState> stateOf;
  private final Map<String, List<LedgerEntry>> groups = new HashMap<>();

  GroupLedger(LongFunction<TaskState> stateOf) {
    this.stateOf = stateOf;
  }

  /** A task is asked for in a group. */
  void asks(LedgerEntry entry, String group, String tenant) {
    entry.group = entry.queue + "/" + group;
    entry.line =
        (entry.options.getPriority() + "/" + tenant)
            + ("/" + entry.options.getCost() + "/" + entry.options.getRequiresMap());
    groups.computeIfAbsent(entry.group, key -> new ArrayList<>()).add(entry);
  }

  /** A task was handed out. */
  void offered(LedgerEntry entry, long token) {
    int running = 0;
    for (LedgerEntry other : groups.getOrDefault(entry.group, List.of())) {
      if (other.id != 0) {
        TaskState state = stateOf.apply(other.id);
        running += state == TaskState.TASK_STATE_RUNNING ? 1 : 0;
        // What was put back by a person has its turn when it came.
        if (other.line.equals(entry.line) && !other.replayAsked && !entry.replayAsked) {
          checkOrder(entry, token, other, state);
        }
      }
    }
    int count = running;
    World.check(count <= 1, () -> count + " tasks of group " + entry.group + " run at once");
  }

  /** Whatever is heard late: tokens tell in which order tasks were leased. */
  private static void checkOrder(
      LedgerEntry entry, long token, LedgerEntry other, TaskState state) {
    World.check(
        other.id >= entry.id || Ledger.isEnd(state) || state == TaskState.TASK_STATE_QUARANTINED,
        () ->
            (entry.name + " of group " + entry.group + " is handed out, but ")
                + (other.name + " before it is " + state));
    World.check(
        other.id >= entry.id || other.lastToken <= token,
        () ->
            (entry.name + " of group " + entry.group + " was leased under " + token)
                + (", and " + other.name + " before it again under " + other.lastToken));
    World.check(
        other.id <= entry.id || other.firstToken == 0 || other.firstToken >= token,
        () ->
            (entry.name + " of group " + entry.group + " is leased again under " + token)
                + (", but " + other.name + " after it was under " + other.firstToken));
  }
}
