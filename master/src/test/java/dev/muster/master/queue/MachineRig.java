package dev.muster.master.queue;

import dev.muster.master.log.v1.Command;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A state machine with its log and its store, without threads: applies entries, flushes when told,
 * and comes back from a crash by replay, which must answer what it answered before.
 */
final class MachineRig implements Effects {
  static final int OUTSTANDING_MAX = 4;

  /** One entry of the log, and what it came to. */
  record Logged(long index, long stampMs, List<Command> commands, List<Outcome> outcomes) {}

  /** What waits in a queue, as the leader heard it. */
  record Waiting(long ready, long room) {}

  final StateStore store;
  final List<Logged> log = new ArrayList<>();
  final List<Long> finished = new ArrayList<>();
  final Map<String, Waiting> waiting = new LinkedHashMap<>();
  QueueMachine machine;
  long clockMs = 1_000_000;
  private long index;
  private @Nullable Generation frozen;
  private boolean committed;

  MachineRig() {
    this(new MemoryStateStore());
  }

  MachineRig(StateStore store) {
    this.store = store;
    this.machine = new QueueMachine(store, OUTSTANDING_MAX);
    this.index = Math.max(0, machine.appliedIndex());
  }

  /** Applies one command as an entry of its own. */
  Outcome apply(Command command) {
    return apply(List.of(command)).get(0);
  }

  /** Applies an entry. */
  List<Outcome> apply(List<Command> commands) {
    index++;
    List<Outcome> outcomes = run(index, clockMs, commands, this);
    log.add(new Logged(index, clockMs, List.copyOf(commands), outcomes));
    return outcomes;
  }

  private List<Outcome> run(long at, long stampMs, List<Command> commands, Effects effects) {
    machine.begin(stampMs, at, effects);
    List<Outcome> outcomes = new ArrayList<>();
    for (Command command : commands) {
      outcomes.add(machine.apply(command, at));
    }
    machine.end(1, at);
    return outcomes;
  }

  /** The index of the last entry, which is the token of its leases. */
  long index() {
    return index;
  }

  /** Freezes the generation, unless one is frozen already. */
  void roll() {
    if (frozen == null) {
      frozen = machine.roll();
      committed = false;
    }
  }

  /** Writes the frozen generation; the machine does not know yet. */
  void commit() {
    if (frozen != null && !committed) {
      try (StateStore.Batch batch = store.newBatch()) {
        frozen.writeTo(batch);
        batch.commit();
      }
      committed = true;
    }
  }

  /** Tells the machine that the frozen generation is written, if it is. */
  void flushed() {
    if (frozen != null && committed) {
      machine.flushed();
      frozen = null;
    }
  }

  /** All of a flush, of what changed so far. */
  void flush() {
    commit();
    flushed();
    roll();
    commit();
    flushed();
  }

  /** What a kill leaves: the store as it is, and the log. */
  void crash() {
    frozen = null;
    machine = new QueueMachine(store, OUTSTANDING_MAX);
    waiting.clear();
    for (Logged entry : log) {
      if (entry.index > machine.appliedIndex()) {
        List<Outcome> again = run(entry.index, entry.stampMs, entry.commands, Effects.NONE);
        if (!again.equals(entry.outcomes)) {
          throw new AssertionError(
              "entry "
                  + entry.index
                  + " came to "
                  + entry.outcomes
                  + " and by replay to "
                  + again
                  + ", by "
                  + entry.commands);
        }
      }
    }
    machine.waiting((name, ready, room) -> waiting.put(name, new Waiting(ready, room)));
  }

  @Override
  public void waiting(String queue, long ready, long room) {
    waiting.put(queue, new Waiting(ready, room));
  }

  @Override
  public void finished(Task task) {
    finished.add(task.id());
  }

  @Override
  public void moved(Task task) {}

  @Override
  public void stop(long session, long id, long token) {}

  @Override
  public void lost(long session, List<Long> ids) {}

  @Override
  public void due(long atMs) {}
}
