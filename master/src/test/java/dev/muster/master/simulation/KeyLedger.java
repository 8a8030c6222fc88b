package dev.muster.master.simulation;

import dev.muster.master.queue.QueueMachine;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/** What was promised of unique keys: of the tasks with one key, one lives at a time. */
final class KeyLedger {
  private final LongFunction<TaskState> stateOf;
  private final Map<String, List<LedgerEntry>> byKey = new HashMap<>();

  KeyLedger(LongFunction<TaskState> stateOf) {
    this.stateOf = stateOf;
  }

  /** A task is asked for under a key. */
  void asks(LedgerEntry entry, EnqueueRequest request, String key) {
    String scope =
        switch (request.getUniqueScope()) {
          case UNIQUE_SCOPE_QUEUE -> "queue " + entry.queue;
          case UNIQUE_SCOPE_HANDLER ->
              "queue " + entry.queue + " handler " + entry.options.getHandler();
          case UNIQUE_SCOPE_MASTER, UNRECOGNIZED -> "master";
        };
    entry.key = key + " of " + scope;
    entry.keyForMs = request.getUniqueForMs();
    byKey.computeIfAbsent(entry.key, name -> new ArrayList<>()).add(entry);
  }

  /** A task was seen to be there. */
  void seen(LedgerEntry entry) {
    if (entry.key.isEmpty() || entry.keyForMs != 0) {
      return;
    }
    List<String> live = new ArrayList<>();
    for (LedgerEntry other : byKey.getOrDefault(entry.key, List.of())) {
      if (other.id != 0 && !Ledger.isEnd(stateOf.apply(other.id))) {
        live.add(other.name);
      }
    }
    World.check(live.size() <= 1, () -> live + " live at once, all with unique key " + entry.key);
  }

  /** Everything has ended. */
  void checkAtRest(QueueMachine machine, Map<Long, LedgerEntry> byId) {
    byKey.forEach(
        (key, entries) -> {
          for (LedgerEntry entry : entries) {
            LedgerEntry holder = byId.get(entry.absorbedBy);
            World.check(
                entry.absorbedBy == 0 || (holder != null && holder.key.equals(key)),
                () -> entry.name + " is said to be task " + entry.absorbedBy + " by key " + key);
          }
          List<LedgerEntry> there =
              entries.stream()
                  .filter(entry -> entry.id != 0)
                  .sorted(Comparator.comparingLong(entry -> entry.id))
                  .toList();
          for (int i = 1; i < there.size(); i++) {
            checkApart(machine, there.get(i - 1), there.get(i));
          }
        });
  }

  private static void checkApart(QueueMachine machine, LedgerEntry one, LedgerEntry next) {
    TaskInfo first = machine.task(one.id, false);
    TaskInfo second = machine.task(next.id, false);
    // One that was put back has its last end only; one that is forgotten has none.
    if (one.replayAsked || first.getFinishedMs() == 0 || second.getEnqueuedMs() == 0) {
      return;
    }
    long freeMs = one.keyForMs == 0 ? first.getFinishedMs() : first.getEnqueuedMs() + one.keyForMs;
    World.check(
        second.getEnqueuedMs() >= freeMs,
        () ->
            (next.name + " was added under key " + next.key + " at " + second.getEnqueuedMs())
                + (", but " + one.name + " had it until " + freeMs));
  }
}
