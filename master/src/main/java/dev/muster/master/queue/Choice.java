package dev.muster.master.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who goes next, for one lease: the highest priority; in it, the tenant that has used least; of its
 * tasks, the one that waits longest.
 */
final class Choice {
  /** Who goes first in one priority; {@code line} and {@code first} are null when nobody does. */
  private record Candidate(@Nullable Line line, @Nullable Task first, long effectivePriority) {
    static final Candidate NONE = new Candidate(null, null, -1);

    boolean isBefore(Candidate other) {
      if (first == null || other.first == null) {
        return other.first == null;
      }
      return effectivePriority != other.effectivePriority
          ? effectivePriority > other.effectivePriority
          : isOlder(first, other.first);
    }

    private static boolean isOlder(Task one, Task other) {
      return one.enqueuedMs < other.enqueuedMs
          || (one.enqueuedMs == other.enqueuedMs && one.position < other.position);
    }
  }

  private final Ready ready;
  private final List<Pool> among;
  private final long ageingMs;
  private final MachineState state;

  /** By priority; null: to be found out. Only where tasks age. */
  private final @Nullable Candidate[] candidates = new @Nullable Candidate[Ready.PRIORITIES];

  private @Nullable Line chosen;

  Choice(Ready ready, List<Pool> among, long ageingMs, MachineState state) {
    this.ready = ready;
    this.among = among;
    this.ageingMs = ageingMs;
    this.state = state;
  }

  /** The next task, or null when none may be leased now. */
  @Nullable Task peek() {
    if (!ready.mayLease(state.nowUs())) {
      chosen = null;
      return null;
    }
    if (ageingMs > 0) {
      Candidate best = aged();
      chosen = best.line;
      return best.first;
    }
    chosen = strict();
    return chosen == null ? null : first(chosen);
  }

  /** Takes the task that was just peeked. */
  void take(Task peeked) {
    Line taken = chosen;
    if (taken == null) {
      throw new IllegalStateException("task " + peeked.id + " is taken without a look at it");
    }
    ready.lease(taken, peeked, state);
    chosen = null;
    if (ageingMs > 0) {
      forgetCandidates(taken);
    }
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
  private Candidate aged() {
    Candidate best = Candidate.NONE;
    for (int priority = Ready.PRIORITIES - 1; priority >= 0; priority--) {
      Candidate candidate = candidate(priority);
      if (candidate.isBefore(best)) {
        best = candidate;
      }
    }
    return best;
  }

  /**
   * Who goes first in a priority. While one lease goes on, turns only come later and groups are
   * only taken: who was first stays so until its own tenant is served, or its group is taken.
   */
  private Candidate candidate(int priority) {
    Candidate known = candidates[priority];
    if (known == null) {
      Line line = ready.first(priority, among);
      known = line == null ? Candidate.NONE : candidate(line, first(line));
      candidates[priority] = known;
    }
    return known;
  }

  private Candidate candidate(Line line, Task first) {
    long waitedMs = Math.max(0, state.nowMs - first.enqueuedMs);
    long effective = Math.min(Ready.PRIORITIES - 1, line.priority + waitedMs / ageingMs);
    return new Candidate(line, first, effective);
  }

  private void forgetCandidates(Line taken) {
    for (int priority = 0; priority < Ready.PRIORITIES; priority++) {
      Candidate known = candidates[priority];
      Line line = known == null ? null : known.line;
      if (line != null && (line.isOfTenantOf(taken) || line.isOfGroupOf(taken))) {
        candidates[priority] = null;
      }
    }
  }

  private Task first(Line line) {
    Task first = line.lane.peek(state.tasks);
    if (first == null) {
      throw new IllegalStateException("lane " + line.lane.key() + " counts what is not there");
    }
    return first;
  }
}
