package dev.muster.master.simulation;

import dev.muster.master.queue.Generation;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.QueueRecord;
import java.util.SortedMap;

/** All state of a machine, as one flush of everything leaves it in its store. */
final class StateDigest {
  private StateDigest() {}

  /** Ends the machine's life: its store is written. */
  static SortedMap<String, Object> of(QueueMachine machine, MemoryStateStore store) {
    Generation all = machine.roll();
    try (StateStore.Batch batch = store.newBatch()) {
      all.writeTo(batch);
      batch.commit();
    }
    SortedMap<String, Object> contents = store.contents();
    contents.replaceAll((name, record) -> record instanceof QueueRecord q ? comparable(q) : record);
    return contents;
  }

  /** The head of a lane is only a bound: where a search for its first task may begin. */
  private static QueueRecord comparable(QueueRecord record) {
    QueueRecord.Builder queue = record.toBuilder();
    queue.getLanesBuilderList().forEach(lane -> lane.clearHead());
    return queue.build();
  }

  static void checkEqual(SortedMap<String, Object> before, SortedMap<String, Object> after) {
    before.forEach(
        (name, record) ->
            World.check(
                record.equals(after.get(name)),
                () -> "after replay, " + name + " is " + after.get(name) + ", was " + record));
    after.forEach(
        (name, record) ->
            World.check(
                before.containsKey(name),
                () -> "after replay, there is also " + name + ": " + record));
  }
}
