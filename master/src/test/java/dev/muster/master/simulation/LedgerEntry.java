package dev.muster.master.simulation;

import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One task as its clients know it: what was asked for, and what they have seen of it. */
final class LedgerEntry {
  final String name;
  final String queue;
  final TaskOptions options;

  /** Its queue and ordered group; empty: none. */
  String group = "";

  /** Where it stands in its group: those of one line are in order, the lines are not. */
  String line = "";

  /** Its unique key, with all that tells it from others; empty: none. */
  String key = "";

  /** How long the key holds, ms; 0: until the task has ended. */
  long keyForMs;

  /** What must end before it may begin. */
  List<LedgerEntry> after = List.of();

  /** It begins whatever they end as. */
  boolean runsOnFailure;

  /** The task that enqueues it when it completes; null: a producer does. */
  @Nullable LedgerEntry parent;

  /** The attempt of the parent that does. */
  long parentToken;

  /** Those of its graph, itself among them: their ids are consecutive; empty: it has none. */
  List<LedgerEntry> graph = List.of();

  /** Somebody asked to call it off. */
  boolean calledOff;

  /** The same, with what it has enqueued and what comes after it. */
  boolean treeCalledOff;

  /** Somebody asked to put it back when it had ended badly: it may end more than once. */
  boolean replayAsked;

  /** Somebody asked to forget it. */
  boolean dropAsked;

  /** Promised: it was durable. */
  boolean acknowledged;

  /** As far as a client has seen it; 0: not yet. */
  long id;

  /** Another task had its unique key: that one's id; 0: none. */
  long absorbedBy;

  /** Its result as a task of the result queue; 0: not seen. */
  long resultId;

  /** Token of the attempt whose completion was accepted, as was heard or seen; 0: none yet. */
  long acceptedToken;

  /** Token of the attempt whose failure was the end of it; 0: none yet. */
  long failedToken;

  /** Tokens of attempts whose outcome was sent: one of them may have been accepted unheard. */
  final Set<Long> sentTokens = new HashSet<>();

  /** Of attempts whose process died, as the master said that it knows. */
  final Set<Long> crashedTokens = new HashSet<>();

  /** What each attempt that was said to be complete enqueues, by its token. */
  final Map<Long, List<LedgerEntry>> followUps = new HashMap<>();

  /** What those that come before it came to, as far as it was seen; by id. */
  final Map<Long, TaskResult> inputs = new HashMap<>();

  /** Lowest token seen; 0: none yet. */
  long firstToken;

  /** Highest token seen. */
  long lastToken;

  LedgerEntry(String name, String queue, TaskOptions options) {
    this.name = name;
    this.queue = queue;
    this.options = options;
  }

  /** Its result is kept with it. */
  boolean keeps() {
    return switch (options.getResultPolicy()) {
      case RESULT_POLICY_KEEP, RESULT_POLICY_UNSPECIFIED -> true;
      case RESULT_POLICY_QUEUE, RESULT_POLICY_DROP, UNRECOGNIZED -> false;
    };
  }

  boolean wantsResultQueued() {
    return options.getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE;
  }

  /** Its attempts end by themselves when they run or are silent for too long. */
  boolean isLimited() {
    return options.getRunLimitMs() > 0 || options.getProgressTimeoutMs() > 0;
  }

  /** Somebody called it off, or what enqueued it, or what it comes after, with all below. */
  boolean mayBeCalledOff() {
    return calledOff || isBelowCalledOff(new HashSet<>());
  }

  private boolean isBelowCalledOff(Set<LedgerEntry> seen) {
    if (treeCalledOff) {
      return true;
    }
    if (!seen.add(this)) {
      return false;
    }
    return (parent != null && parent.isBelowCalledOff(seen))
        || after.stream().anyMatch(first -> first.isBelowCalledOff(seen));
  }
}
