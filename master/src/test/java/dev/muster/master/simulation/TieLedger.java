package dev.muster.master.simulation;

import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What was promised of tasks that come after others, and of those that a completion enqueues: the
 * first begin when all of theirs have ended, and know what those came to; the second are there if
 * and only if the completion was accepted.
 */
final class TieLedger {
  /** What the master says of tasks. */
  interface Queries {
    TaskInfo task(long id);

    /** What those that come before a task came to. */
    List<TaskResult> inputs(long id);
  }

  private final LongFunction<TaskState> stateOf;
  private final Queries queries;

  TieLedger(LongFunction<TaskState> stateOf, Queries queries) {
    this.stateOf = stateOf;
    this.queries = queries;
  }

  /** A task was handed out. */
  void offered(LedgerEntry entry, long token) {
    if (entry.after.isEmpty()) {
      return;
    }
    for (LedgerEntry first : entry.after) {
      World.check(
          first.replayAsked || Ledger.isEnd(stateOf.apply(first.id)),
          () ->
              (entry.name + " is handed out before task " + first.id + " (" + first.name)
                  + "), which it comes after, has ended");
    }
    TaskInfo task = queries.task(entry.id);
    if (task.getToken() != token) {
      return; // The attempt is over already, and this came late.
    }
    List<TaskResult> inputs = inputs(entry);
    boolean anyDropped = entry.after.stream().anyMatch(first -> first.dropAsked);
    World.check(
        anyDropped || inputs.size() == entry.after.size(),
        () -> entry.name + " comes after " + entry.after.size() + ", its inputs are " + inputs);
    World.check(
        entry.runsOnFailure
            || entry.replayAsked
            || inputs.stream().allMatch(one -> one.getState() == TaskState.TASK_STATE_SUCCEEDED),
        () -> entry.name + " is handed out, but what comes before it failed: " + inputs);
  }

  /** Once it is known, what one of them came to does not change. */
  private List<TaskResult> inputs(LedgerEntry entry) {
    List<TaskResult> inputs = queries.inputs(entry.id);
    for (TaskResult input : inputs) {
      World.check(
          Ledger.isEnd(input.getState())
              && entry.after.stream().anyMatch(first -> first.id == input.getId()),
          () -> entry.name + " has a strange input: " + input);
      TaskResult before = entry.inputs.putIfAbsent(input.getId(), input);
      World.check(
          before == null || before.equals(input),
          () -> "an input of " + entry.name + " was " + before + " and is " + input);
    }
    return inputs;
  }

  /** It is cancelled, and nobody called it off: one of those that come first must have failed. */
  boolean mayHaveFailedFirst(LedgerEntry entry) {
    return !entry.runsOnFailure
        && entry.after.stream()
            .anyMatch(
                first ->
                    first.replayAsked
                        || first.dropAsked
                        || switch (stateOf.apply(first.id)) {
                          case TASK_STATE_FAILED, TASK_STATE_CANCELLED, TASK_STATE_EXPIRED -> true;
                          case TASK_STATE_UNKNOWN,
                              TASK_STATE_DELAYED,
                              TASK_STATE_READY,
                              TASK_STATE_OFFERED,
                              TASK_STATE_RUNNING,
                              TASK_STATE_SUCCEEDED,
                              TASK_STATE_QUARANTINED,
                              UNRECOGNIZED ->
                              false;
                        });
  }

  /** Everything has ended. */
  void checkAtRest(LedgerEntry entry) {
    TaskState state = stateOf.apply(entry.id);
    if (!entry.after.isEmpty()) {
      List<TaskResult> inputs = inputs(entry);
      World.check(
          state != TaskState.TASK_STATE_SUCCEEDED || inputs.isEmpty(),
          () -> entry.name + " has succeeded, and still has inputs " + inputs);
    }
    checkFollowUps(entry, state);
  }

  private static void checkFollowUps(LedgerEntry entry, TaskState state) {
    Map<Long, List<LedgerEntry>> there = new HashMap<>();
    entry.followUps.forEach(
        (token, all) -> {
          // One with a unique key may be there under another's name.
          List<LedgerEntry> certain = all.stream().filter(one -> one.key.isEmpty()).toList();
          List<LedgerEntry> some = new ArrayList<>(certain);
          some.removeIf(one -> one.id == 0);
          World.check(
              some.isEmpty() || some.size() == certain.size(),
              () -> "of the follow-ups of " + entry.name + " there are only some: " + some.size());
          boolean accepted = entry.acceptedToken == token;
          World.check(
              !accepted || some.size() == certain.size(),
              () -> entry.name + " completed under " + token + ", and what follows is not there");
          if (!some.isEmpty()) {
            there.put(token, some);
          }
        });
    boolean succeeded =
        state == TaskState.TASK_STATE_SUCCEEDED
            || (state == TaskState.TASK_STATE_UNKNOWN && !entry.dropAsked);
    World.check(
        there.isEmpty() || (there.size() == 1 && succeeded),
        () -> entry.name + " is " + state + ", and enqueued tasks under " + there.keySet());
    World.check(
        there.isEmpty() || entry.acceptedToken == 0 || there.containsKey(entry.acceptedToken),
        () -> entry.name + " completed under " + entry.acceptedToken + ", tasks " + there.keySet());
  }
}
