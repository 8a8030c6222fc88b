package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.LineRecord;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where tasks of one queue wait in order: those with the same priority, tenant, group and demands
 * on a worker.
 */
final class Line extends Generation.Kept implements Heap.Member {
  /**
   * Tasks of a line that are in memory: few where there may be many lines, enough for some leases
   * without a read elsewhere.
   */
  private static final int GROUP_WINDOW_TASKS = 16;

  private static final int WINDOW_TASKS = 256;

  final long number;
  final int priority;
  final Lane lane;
  final @Nullable Group group;

  /** Null: a plain line of a queue that has only those. */
  @Nullable Share share;

  /** Leased tasks of it; not counted in plain lines. */
  long running;

  /** The task that holds the group, if it is of this line; 0: none. */
  long holder;

  /** The holder is not leased: it waits for its next attempt. */
  boolean holds;

  /** Position of the first task, exact, when any waits; see {@link Lines#moved}. */
  long head;

  /** In the order of its share; see {@link Heap.Member}. */
  private int seat = Heap.NOWHERE;

  /** Counted in its share with so many. */
  long counted;

  /** In the order of what is dropped first. */
  boolean ranked;

  /** Place among those that wait for a busy group; -1: not among them. */
  int blockedAt = -1;

  /** Nothing uses it; its tenant may. */
  boolean kept;

  /** Found empty in the entry under way. */
  boolean emptied;

  Line(long number, int priority, @Nullable Group group, Lane lane) {
    this.number = number;
    this.priority = priority;
    this.group = group;
    this.lane = lane;
  }

  static Lane lane(LaneKey key, boolean grouped, long size, long head, long last) {
    return new Lane(key, grouped ? GROUP_WINDOW_TASKS : WINDOW_TASKS, size, head, last);
  }

  Share share() {
    return Objects.requireNonNull(share);
  }

  /** A queue that has only plain lines has no tenants: they are all of one. */
  boolean isOfTenantOf(Line other) {
    return share == null || other.share == null || share.tenant == other.share.tenant;
  }

  boolean isOfGroupOf(Line other) {
    return group != null && group == other.group;
  }

  boolean isPlain() {
    return number < Ready.PRIORITIES;
  }

  /** It is in the order of its share. */
  boolean isOpen() {
    return seat != Heap.NOWHERE;
  }

  @Override
  public int seat() {
    return seat;
  }

  @Override
  public void seat(int seat) {
    this.seat = seat;
  }

  boolean isUsed() {
    return running > 0 || holder != 0 || lane.size() > 0;
  }

  ByteString key() {
    ByteBuffer key = ByteBuffer.allocate(12).putInt(lane.key().queue()).putLong(number).flip();
    return ByteString.copyFrom(key);
  }

  @Override
  void keep(Generation generation) {
    Share mine = share();
    LineRecord.Builder record =
        LineRecord.newBuilder()
            .setQueue(lane.key().queue())
            .setNumber(number)
            .setPriority(priority)
            .setTenant(mine.tenant.name)
            .setGroup(group == null ? "" : group.key)
            .putAllRequires(mine.pool.requires)
            .setCost(mine.pool.cost)
            .setSize(lane.size())
            .setHead(lane.size() == 0 ? 0 : head)
            .setHolder(holder);
    generation.put(Family.LINES, key(), record.build().toByteString());
  }
}
