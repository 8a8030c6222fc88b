package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.LongHashSet;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.OnFailure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What ties one task to others. The tasks that must end before it are a set of ids, and not a
 * count: however often one of them is tried, fails or is settled again, it leaves the set once.
 */
final class Bonds {
  /** The tasks that come first, as they were named; empty: none. */
  private final List<Long> after;

  /** Those of them that have not ended. */
  private final LongHashSet pending;

  /** Tasks that wait for this one. */
  private final LongArrayList dependents;

  final OnFailure onFailure;

  Bonds(List<Long> after, OnFailure onFailure) {
    this.after = after;
    this.onFailure = onFailure;
    this.pending = new LongHashSet(after.size());
    this.dependents = new LongArrayList(0);
  }

  private Bonds(Bonds other) {
    after = other.after;
    onFailure = other.onFailure;
    pending = new LongHashSet(other.pending);
    dependents = new LongArrayList(other.dependents);
  }

  /** As stored, or null when there are none. */
  static @Nullable Bonds of(TaskRecord record) {
    if (record.getAfterCount() == 0 && record.getDependentsCount() == 0) {
      return null;
    }
    Bonds bonds = new Bonds(List.copyOf(record.getAfterList()), record.getOnFailure());
    record.getPendingList().forEach(bonds.pending::add);
    record.getDependentsList().forEach(bonds.dependents::add);
    return bonds;
  }

  Bonds copy() {
    return new Bonds(this);
  }

  void writeTo(TaskRecord.Builder record) {
    record.addAllAfter(after).setOnFailure(onFailure);
    for (long id : sorted(pending.toArray())) {
      record.addPending(id);
    }
    for (long id : dependents.toArray()) {
      record.addDependents(id);
    }
  }

  List<Long> after() {
    return after;
  }

  void await(long id) {
    pending.add(id);
  }

  /** One of those that come first has ended; false: it had before. */
  boolean ended(long id) {
    return pending.removeAll(id) > 0;
  }

  boolean isPending() {
    return !pending.isEmpty();
  }

  int pendingCount() {
    return pending.size();
  }

  /** Ascending. */
  long[] pending() {
    return sorted(pending.toArray());
  }

  void addDependent(long id) {
    dependents.add(id);
  }

  /** In the order in which they came. */
  long[] dependents() {
    return dependents.toArray();
  }

  int memoryBytes() {
    return 100 + 24 * after.size() + 16 * pending.size() + 8 * dependents.size();
  }

  private static long[] sorted(long[] ids) {
    java.util.Arrays.sort(ids);
    return ids;
  }
}
