package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.SessionRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One start of one worker: what it holds lives as long as it does. */
final class WorkerSession {
  /** From the master's sequence: never given out twice. */
  final long number;

  /** The worker's own name for it, 16 random bytes. */
  final ByteString key;

  /** "name@host:pid". */
  final String worker;

  /** What tasks may require of it. */
  final Map<String, String> labels;

  /** Slots in all; 0: as many as any task may cost. */
  final int slots;

  /** The latest of its connections, as it counts them; 0: it does not. */
  long connection;

  /** Number of the last settlement applied. */
  long settledUpto;

  /**
   * The tasks that it has leased, linked through them. Derived: the tasks say which session holds
   * them.
   */
  private @Nullable Task held;

  WorkerSession(long number, ByteString key, String worker, Map<String, String> labels, int slots) {
    this.labels = Map.copyOf(labels);
    this.slots = slots;
    this.number = number;
    this.key = key;
    this.worker = worker;
  }

  WorkerSession(SessionRecord record) {
    this(
        record.getNumber(),
        record.getKey(),
        record.getWorker(),
        record.getLabelsMap(),
        record.getSlots());
    settledUpto = record.getSettledUpto();
    connection = record.getConnection();
  }

  void hold(Task task) {
    task.heldBefore = null;
    task.heldAfter = held;
    if (held != null) {
      held.heldBefore = task;
    }
    held = task;
  }

  void release(Task task) {
    if (task.heldAfter != null) {
      task.heldAfter.heldBefore = task.heldBefore;
    }
    if (task.heldBefore != null) {
      task.heldBefore.heldAfter = task.heldAfter;
    } else {
      held = task.heldAfter;
    }
    task.heldBefore = null;
    task.heldAfter = null;
  }

  /** A copy takes a task's place. */
  void replace(Task task, Task copy) {
    copy.heldBefore = task.heldBefore;
    copy.heldAfter = task.heldAfter;
    if (copy.heldBefore != null) {
      copy.heldBefore.heldAfter = copy;
    } else {
      held = copy;
    }
    if (copy.heldAfter != null) {
      copy.heldAfter.heldBefore = copy;
    }
  }

  /**
   * What it holds now, in order of id: a restart links it in another order, and what comes back
   * first can matter to who goes next.
   */
  List<Task> held() {
    List<Task> all = new ArrayList<>();
    for (Task task = held; task != null; task = task.heldAfter) {
      all.add(task);
    }
    all.sort(Comparator.comparingLong((Task task) -> task.id));
    return all;
  }

  SessionRecord toRecord() {
    return SessionRecord.newBuilder()
        .setNumber(number)
        .setKey(key)
        .setWorker(worker)
        .setSettledUpto(settledUpto)
        .putAllLabels(labels)
        .setSlots(slots)
        .setConnection(connection)
        .build();
  }
}
