package dev.muster.master.queue;

import org.jspecify.annotations.Nullable;

/** The lines of one tenant in one pool, of one priority: those that can be served, in order. */
final class Share implements Heap.Member {
  /** The seat of a line that is open without a heap. */
  private static final int ALONE = 0;

  final Tenant tenant;
  final Pool pool;
  final int priority;

  /** The one line that can be served, until there was a second one. */
  private @Nullable Line only;

  /** From then on: by the position of the first task that waits; no two have the same. */
  private @Nullable Heap<Line> several;

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

  /** A line of it can be served. */
  void open(Line line) {
    if (several == null && only == null) {
      only = line;
      line.seat(ALONE);
      return;
    }
    if (several == null) {
      several = new Heap<>();
    }
    if (only != null) {
      several.add(only, only.head, only.number);
      only = null;
    }
    several.add(line, line.head, line.number);
  }

  /** An open line cannot be served any more. */
  void close(Line line) {
    if (several == null) {
      only = null;
      line.seat(Heap.NOWHERE);
    } else {
      several.remove(line);
    }
  }

  /** An open line has another head. */
  void moved(Line line) {
    if (several != null) {
      several.move(line, line.head, line.number);
    }
  }

  /** Of the open lines, the one whose head has waited longest. */
  @Nullable Line first() {
    return several == null ? only : several.first();
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
    boolean waits = first() != null;
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
    Line first = first();
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
