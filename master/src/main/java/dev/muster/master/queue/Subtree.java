package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.cursors.LongCursor;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.v1.CancelBelowRecord;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is below tasks that are called off: what they have enqueued and what comes after them, and
 * so on. From the top, as far as an entry may go; the rest has timers that are due at once.
 */
final class Subtree {
  /** So many ids are in one record. */
  private static final int RECORD_IDS = 1_000;

  private final MachineState state;
  private final String reason;
  private final ArrayDeque<Long> left = new ArrayDeque<>();

  /** Of this entry: in a graph there may be many ways to one task. */
  private final Set<Long> seen = new HashSet<>();

  /**
   * @param named these are called off by name, whatever they are below
   */
  Subtree(MachineState state, String reason, Collection<Long> named) {
    this.state = state;
    this.reason = reason;
    seen.addAll(named);
  }

  /** What a timer says is left of one. */
  static Subtree of(MachineState state, Timers.Timer timer) {
    CancelBelowRecord record = record(timer);
    Subtree rest = new Subtree(state, record.getReason(), Set.of());
    record.getIdsList().forEach(rest::add);
    return rest;
  }

  String reason() {
    return reason;
  }

  private void add(long id) {
    if (seen.add(id)) {
      left.add(id);
    }
  }

  /** Adds what is directly below a task; before it is called off, for then it may be forgotten. */
  void addBelow(Task task) {
    LongArrayList below = new LongArrayList();
    if (task.hasChildren) {
      ByteString prefix = MachineState.idKey(task.id);
      state.children.scanPrefix(
          prefix,
          (key, value) -> {
            below.add(key.substring(8).asReadOnlyByteBuffer().getLong());
            return true;
          });
    }
    if (task.bonds != null) {
      below.add(task.bonds.dependents());
    }
    state.spendLooks(below.size());
    for (LongCursor id : below) {
      add(id.value);
    }
  }

  /** The next task; null: there is none, or the entry has done what it may. */
  @Nullable Long next() {
    if (left.isEmpty() || state.spare() == 0) {
      return null;
    }
    state.spend(0);
    return left.poll();
  }

  /**
   * Puts off what is left.
   *
   * @param atMs when it is to go on, ms since the epoch: now, or before
   * @param number among what is due then; 0: behind all that is put off already
   * @return whether there was something
   */
  boolean putOff(long atMs, long number) {
    boolean some = !left.isEmpty();
    for (long id = number == 0 ? ++state.sequence : number;
        !left.isEmpty();
        id = ++state.sequence) {
      CancelBelowRecord.Builder rest = CancelBelowRecord.newBuilder().setReason(reason);
      while (!left.isEmpty() && rest.getIdsCount() < RECORD_IDS) {
        rest.addIds(left.poll());
      }
      state.timers.set(atMs, Timers.Kind.CANCEL_BELOW, id, rest.build().toByteString());
    }
    return some;
  }

  /** What is wrong with a timer, or null. */
  static @Nullable String fault(Timers.Timer timer) {
    try {
      var unused = record(timer);
      return null;
    } catch (IllegalStateException e) {
      return "tasks to be called off, and cannot be read";
    }
  }

  private static CancelBelowRecord record(Timers.Timer timer) {
    try {
      return CancelBelowRecord.parseFrom(timer.value());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "the record of what is to be called off is no such record", e);
    }
  }
}
