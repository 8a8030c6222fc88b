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

  /** By priority: who goes first in it. Only where tasks age. */
  private final Candidate[] candidates;

  private @Nullable Line chosen;

  Choice(Ready ready, List<Pool> among, long ageingMs, MachineState state) {
    this.ready = ready;
    this.among = among;
    this.ageingMs = ageingMs;
    this.state = state;
    this.candidates = new Candidate[ageingMs > 0 ? Ready.PRIORITIES : 0];
    for (int priority = 0; priority < candidates.length; priority++) {
      candidates[priority] = new Candidate();
    }
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
      return best.task;
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
    Candidate best = candidates[Ready.PRIORITIES - 1];
    for (int priority = Ready.PRIORITIES - 1; priority >= 0; priority--) {
      Candidate candidate = candidates[priority];
      if (!candidate.isKnown) {
        candidate.find(priority);
      }
      if (candidate.isBefore(best)) {
        best = candidate;
      }
    }
    return best;
  }

  /**
   * While one lease goes on, turns only come later and groups are only taken: who was first stays
   * so until its own tenant is served, or its group is taken.
   */
  private void forgetCandidates(Line taken) {
    for (Candidate candidate : candidates) {
      Line line = candidate.line;
      if (line != null && (line.isOfTenantOf(taken) || line.isOfGroupOf(taken))) {
        candidate.isKnown = false;
      }
    }
  }

  /** Who goes first in one priority; {@code line} and {@code task} are null when nobody does. */
  private final class Candidate {
    private boolean isKnown;
    private @Nullable Line line;
    private @Nullable Task task;

    // Of the task: ten are compared for each lease, and must not cost a cache miss each.
    private long effectivePriority;
    private long enqueuedMs;
    private long position;

    void find(int priority) {
      isKnown = true;
      line = ready.first(priority, among);
      task = line == null ? null : first(line);
      if (task != null) {
        long waitedMs = Math.max(0, state.nowMs - task.enqueuedMs);
        effectivePriority = Math.min(Ready.PRIORITIES - 1, priority + waitedMs / ageingMs);
        enqueuedMs = task.enqueuedMs;
        position = task.position;
      }
    }

    boolean isBefore(Candidate other) {
      if (task == null || other.task == null) {
        return other.task == null;
      }
      return effectivePriority != other.effectivePriority
          ? effectivePriority > other.effectivePriority
          : isOlder(other);
    }

    private boolean isOlder(Candidate other) {
      return enqueuedMs < other.enqueuedMs
          || (enqueuedMs == other.enqueuedMs && position < other.position);
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
