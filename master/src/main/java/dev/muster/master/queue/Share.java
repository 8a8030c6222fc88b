package dev.muster.master.queue;

import java.util.Comparator;

/** The lines of one tenant in one pool, of one priority: those that can be served, in order. */
final class Share implements Heap.Member {
  final Tenant tenant;
  final Pool pool;
  final int priority;

  /** By the position of the first task that waits: no two have the same. */
  final Heap<Line> open = new Heap<>(Comparator.comparingLong(line -> line.head));

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

  /** In its band; see {@link Heap.Member}. */
  private int place = Heap.NOWHERE;

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
  void stand() {
    boolean waits = !open.isEmpty();
    boolean in = waits && tenant.standing == Tenant.Standing.OPEN;
    long leasable = in ? count : 0;
    pool.leasable += leasable - countedLeasable;
    countedLeasable = leasable;
    long limited = waits && tenant.standing == Tenant.Standing.RATE_LIMITED ? count : 0;
    pool.limited += limited - countedLimited;
    countedLimited = limited;
    long turnUs = tenant.turnUs();
    if (place == Heap.NOWHERE) {
      if (in) {
        placeAt(turnUs);
        pool.band(priority).add(this);
      }
    } else if (!in) {
      pool.band(priority).remove(this);
    } else if (turnUs < placedUs) {
      placeAt(turnUs);
      pool.band(priority).moved(this);
    }
  }

  void placeAt(long turnUs) {
    placedUs = turnUs;
    tenant.placedUs = Math.max(tenant.placedUs, turnUs);
  }

  /** Among equal turns the tenants have an order of their own, the same on every master. */
  static int compareByPlace(Share one, Share other) {
    int order = Long.compare(one.placedUs, other.placedUs);
    return order != 0 ? order : Tenant.compareByName(one.tenant, other.tenant);
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int place) {
    this.place = place;
  }
}
