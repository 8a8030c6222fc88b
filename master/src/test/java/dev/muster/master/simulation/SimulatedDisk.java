package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.MemoryStateStore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What survives the master: its store and its log. */
final class SimulatedDisk {
  /**
   * One entry of the log.
   *
   * @param content null: the log's own
   */
  record Logged(long term, long index, @Nullable ByteString content) {
    Entry entry() {
      try {
        return Entry.parseFrom(content);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("entry " + index + " cannot be read", e);
      }
    }
  }

  private final int spare;
  private MemoryStateStore store = new MemoryStateStore();
  long term;

  /** Entries that the store may not have yet, in order. */
  final List<Logged> log = new ArrayList<>();

  /** The last entry appended. */
  long appended;

  /** The last entry that a crash cannot take. */
  long durable;

  /**
   * @param spare after so many tasks an entry cuts long work
   */
  SimulatedDisk(int spare) {
    this.spare = spare;
  }

  /** A machine with the state of its store. */
  QueueMachine newMachine() {
    return new QueueMachine(store, SimulatedMaster.OUTSTANDING_MAX, spare);
  }

  void append(@Nullable Entry entry) {
    log.add(new Logged(term, ++appended, entry == null ? null : entry.toByteString()));
  }

  MemoryStateStore store() {
    return store;
  }

  /** The store has everything up to here. */
  void purge(long index) {
    log.removeIf(entry -> entry.index <= index);
  }

  /** The disk as it is now: what becomes of the other does not touch it. */
  SimulatedDisk copy() {
    SimulatedDisk copy = new SimulatedDisk(spare);
    copy.store = store.copy();
    copy.term = term;
    copy.log.addAll(log);
    copy.appended = appended;
    copy.durable = durable;
    return copy;
  }

  /** What a crash leaves: the log up to here. */
  void loseAfter(long index) {
    log.removeIf(entry -> entry.index > index);
    appended = index;
    durable = index;
  }
}
