package dev.muster.master.queue;

import org.jspecify.annotations.Nullable;

/** The lines of one tenant in one pool, of one priority: those that can be served, in order. */
final class Share implements Heap.Member {
  final Tenant tenant;
  final Pool pool;
  final int priority;

  /** By the position of the first task that waits: no two have the same. */
  final Heap<Line> open = new Heap<>();

  /** Lines in it, open or not. */
  int lines;

  /** The line of the tasks that name no group; null: there is none. */
  @Nullable Line ungrouped;

  /** Tasks that can be leased, were the tenant allowed to. */
  private long count;

  /** In its band; see {@link Heap.Member}. */
  private int seat = Heap.NOWHERE;

  private long countedLeasable;
  private long countedLimited;

  Share(Tenant tenant, Pool pool, int priority) {
    this.tenant = tenant;
    this.pool = pool;
    this.priority = priority;
  }

  void add(long more) {
    count += more;
  }

  /** One more task can be leased, behind those that could before: its place is the same. */
  void grew() {
    count++;
    switch (tenant.standing) {
      case OPEN -> {
        countedLeasable++;
        pool.leasable++;
      }
      case RATE_LIMITED -> {
        countedLimited++;
        pool.limited++;
      }
      case FULL -> {}
    }
  }

  /** Puts it where it belongs after something changed. */
  void stand() {
    boolean waits = !open.isEmpty();
    boolean in = waits && tenant.standing == Tenant.Standing.OPEN;
    long leasable = in ? count : 0;
    pool.leasable += leasable - countedLeasable;
    countedLeasable = leasable;
    long limited = waits && tenant.standing == Tenant.Standing.RATE_LIMITED ? count : 0;
    pool.limited += limited - countedLimited;
    countedLimited = limited;
    long round = tenant.round();
    Heap<Share> band = pool.band(priority);
    if (seat == Heap.NOWHERE) {
      if (in) {
        tenant.placed(round);
        band.add(this, round, head());
      }
    } else if (!in) {
      band.remove(this);
    } else if (round < band.key(this) || head() != band.tie(this)) {
      tenant.placed(round);
      band.move(this, round, head());
    }
  }

  /** Position of the task that has waited longest, of those that can be leased. */
  long head() {
    Line first = open.first();
    return first == null ? Long.MAX_VALUE : first.head;
  }

  @Override
  public int seat() {
    return seat;
  }

  @Override
  public void seat(int seat) {
    this.seat = seat;
  }
}
