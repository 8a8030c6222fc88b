package dev.muster.master.queue;

import java.util.Comparator;
import java.util.TreeSet;

/** The lines of one tenant in one pool, of one priority: those that can be served, in order. */
final class Share {
  final Tenant tenant;
  final Pool pool;
  final int priority;

  /** By the position of the first task that waits: no two have the same. */
  final TreeSet<Line> open = new TreeSet<>(Comparator.comparingLong((Line line) -> line.head));

  /** Lines in it, open or not. */
  int lines;

  /** Tasks that can be leased, were the tenant allowed to. */
  private long count;

  /**
   * The turn by which it has its place among others: never after its tenant's turn, which may have
   * come later since. To correct it only when it matters saves moving all shares of a tenant at
   * each lease and each settlement.
   */
  long placedUs;

  private boolean inBand;
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

  /** Puts it where it belongs after something changed. */
  void place() {
    boolean waits = !open.isEmpty();
    boolean in = waits && tenant.standing == Tenant.Standing.OPEN;
    long leasable = in ? count : 0;
    pool.leasable += leasable - countedLeasable;
    countedLeasable = leasable;
    long limited = waits && tenant.standing == Tenant.Standing.RATE_LIMITED ? count : 0;
    pool.limited += limited - countedLimited;
    countedLimited = limited;
    if (inBand && (!in || tenant.turnUs() < placedUs)) {
      pool.band(priority).remove(this);
      inBand = false;
    }
    if (in && !inBand) {
      placedUs = tenant.turnUs();
      pool.band(priority).add(this);
      inBand = true;
    }
  }
}
