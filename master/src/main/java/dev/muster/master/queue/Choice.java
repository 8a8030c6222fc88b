package dev.muster.master.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who goes next, for one lease: the highest priority; in it, the tenant that has used least; of its
 * tasks, the one that waits longest.
 */
final class Choice {
  private final Ready ready;
  private final List<Pool> among;
  private final long ageingMs;
  private final MachineState state;
  private @Nullable Line chosen;

  Choice(Ready ready, List<Pool> among, long ageingMs, MachineState state) {
    this.ready = ready;
    this.among = among;
    this.ageingMs = ageingMs;
    this.state = state;
  }

  /** The next task, or null when none may be leased now. */
  @Nullable Task peek() {
    chosen = ready.allowed(state.nowUs()) == 0 ? null : ageingMs > 0 ? aged() : strict();
    return chosen == null ? null : first(chosen);
  }

  /** Takes the task that was just peeked. */
  void take(Task peeked) {
    if (chosen == null) {
      throw new IllegalStateException("task " + peeked.id + " is taken without a look at it");
    }
    ready.lease(chosen, peeked, state);
    chosen = null;
  }

  private @Nullable Line strict() {
    for (int priority = Ready.PRIORITIES - 1; priority >= 0; priority--) {
      Line line = ready.first(priority, among);
      if (line != null) {
        return line;
      }
    }
    return null;
  }

  /** What waits for long counts as of a higher priority; among equals the oldest goes first. */
  private @Nullable Line aged() {
    Line best = null;
    long bestPriority = -1;
    Task bestTask = null;
    for (int priority = Ready.PRIORITIES - 1; priority >= 0; priority--) {
      Line line = ready.first(priority, among);
      if (line != null) {
        Task task = first(line);
        long waitedMs = Math.max(0, state.nowMs - task.enqueuedMs);
        long effective = Math.min(Ready.PRIORITIES - 1, priority + waitedMs / ageingMs);
        if (bestTask == null
            || effective > bestPriority
            || (effective == bestPriority && isOlder(task, bestTask))) {
          best = line;
          bestPriority = effective;
          bestTask = task;
        }
      }
    }
    return best;
  }

  private static boolean isOlder(Task one, Task other) {
    return one.enqueuedMs < other.enqueuedMs
        || (one.enqueuedMs == other.enqueuedMs && one.position < other.position);
  }

  private Task first(Line line) {
    Task first = line.lane.peek(state.tasks);
    if (first == null) {
      throw new IllegalStateException("lane " + line.lane.key() + " counts what is not there");
    }
    return first;
  }
}
