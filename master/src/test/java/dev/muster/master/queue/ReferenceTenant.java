package dev.muster.master.queue;

import dev.muster.proto.v1.Rate;
import org.jspecify.annotations.Nullable;

/** One of those who share a queue of the {@link ReferenceModel}. */
final class ReferenceTenant {
  private static final long LAG_US_MAX = 60_000_000;

  final ReferenceQueue queue;
  final String name;
  int weight = 100;
  boolean hasWeight;
  long concurrency;
  Rate rate = Rate.getDefaultInstance();
  long usedUs;
  long averageUs;
  long bucketUs;

  ReferenceTenant(ReferenceQueue queue, String name) {
    this.queue = queue;
    this.name = name;
  }

  boolean hasSettings() {
    return hasWeight || concurrency != 0 || rate.getCount() != 0;
  }

  long running() {
    return queue.leasedItems().filter(item -> item.tenant.equals(name)).count();
  }

  long waiting() {
    return queue.ready.values().stream().filter(item -> item.tenant.equals(name)).count();
  }

  private long charge(long runUs) {
    return Math.max(1, runUs * 100 / weight);
  }

  long turnUs() {
    return usedUs + running() * charge(averageUs);
  }

  RateLimit limit() {
    boolean own = rate.getCount() != 0 || name.isEmpty();
    return RateLimit.of(own ? rate : queue.settings.getTenantRate());
  }

  /** May one more be leased? */
  boolean isOpen(long nowMs) {
    long most =
        concurrency != 0 || name.isEmpty() ? concurrency : queue.settings.getTenantConcurrency();
    return (most == 0 || running() < most) && limit().tokens(bucketUs, nowMs * 1_000) > 0;
  }

  void catchUp() {
    usedUs += Math.max(0, queue.virtualTimeUs - turnUs());
  }

  /** Before the task counts as running. */
  void leases(long nowMs) {
    if (queue.isFair()) {
      long turnUs = turnUs();
      queue.virtualTimeUs = Math.max(queue.virtualTimeUs, turnUs);
      usedUs += Math.max(0, queue.virtualTimeUs - LAG_US_MAX - turnUs);
    }
    bucketUs = limit().take(bucketUs, nowMs * 1_000);
  }

  /**
   * After the task has ceased to count as running.
   *
   * @param runUs null: it never ran
   */
  void released(@Nullable Long runUs) {
    if (runUs == null) {
      bucketUs = limit().isNone() ? bucketUs : limit().giveBack(bucketUs);
    } else if (queue.isFair()) {
      usedUs += charge(runUs);
      averageUs = average(averageUs, runUs);
      queue.averageUs = queue.averageUs == 0 ? Math.max(1, runUs) : average(queue.averageUs, runUs);
    }
  }

  private static long average(long average, long runUs) {
    long off = runUs - average;
    return Math.max(1, average + (Math.abs(off) < 8 ? Long.signum(off) : off / 8));
  }
}
