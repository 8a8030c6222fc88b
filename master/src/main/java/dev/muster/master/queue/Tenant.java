package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.v1.TenantRecord;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of those who share the workers of a queue. */
final class Tenant extends Generation.Kept {
  static final int WEIGHT_DEFAULT = 100;

  /** Turns within 64 µs count as equal. */
  private static final int ROUND_BITS = 6;

  /** Whether its tasks may be leased. */
  enum Standing {
    OPEN,
    /** As many are leased as may be. */
    FULL,
    /** Its rate allows the next one later. */
    RATE_LIMITED
  }

  final int queue;

  /** Empty: the tasks that name none. */
  final String name;

  // Settings; 0 and absent: the queue's.
  int weight;
  long concurrency;
  Rate rate = Rate.getDefaultInstance();

  /** What it has used by weight, without what runs now, µs. */
  long usedUs;

  /** What one attempt takes on average, µs. */
  long averageUs;

  /** When its bucket is full again, µs since the epoch. */
  long bucketUs;

  // Derived.
  RateLimit limit = RateLimit.NONE;
  long waiting;
  long running;

  /** What an attempt that runs is charged with, until it has ended; see {@link #charge}. */
  private long chargedUs = 1;

  int lines;

  /** Lines of it that nothing uses, and that are there only for its next task. */
  int kept;

  private final List<Share> shares = new ArrayList<>(1);

  /**
   * By priority: the share that was used last. To look through ten of them for each task costs a
   * cache miss each.
   */
  private final @Nullable Share[] lastUsed = new @Nullable Share[Ready.PRIORITIES];

  Standing standing = Standing.OPEN;

  /** No share of it is placed in a later round than this. */
  private long placedRound;

  /** While rate-limited: when it has a token again, µs since the epoch. */
  long openAtUs;

  /** Its turn when it was found idle. */
  long idleTurnUs;

  /** Among those that are to be forgotten. */
  boolean idle;

  Tenant(int queue, String name) {
    this.queue = queue;
    this.name = name;
  }

  Tenant(TenantRecord record) {
    this(record.getQueue(), record.getTenant());
    weight = record.getWeight();
    concurrency = record.getConcurrency();
    rate = record.getRate();
    usedUs = record.getVirtualTimeUs();
    averageUs = record.getAverageUs();
    bucketUs = record.getBucketUs();
    charge();
  }

  /** Takes over what a record says. */
  void adopt(Tenant stored) {
    weight = stored.weight;
    concurrency = stored.concurrency;
    rate = stored.rate;
    usedUs = stored.usedUs;
    averageUs = stored.averageUs;
    bucketUs = stored.bucketUs;
    charge();
  }

  boolean isNamed() {
    return !name.isEmpty();
  }

  /** Something of it waits, is leased, or holds a group. */
  boolean isServed() {
    return lines > kept;
  }

  boolean hasSettings() {
    return weight != 0 || concurrency != 0 || rate.getCount() != 0;
  }

  /** Who has the least goes next: what was used, and what runs now at its usual length. */
  long turnUs() {
    return usedUs + running * chargedUs;
  }

  /**
   * Its turn, as the order of tenants goes by it. Who takes microseconds keeps its place for some
   * tasks: to move it after each would cost more than such a task.
   */
  long round() {
    return turnUs() >> ROUND_BITS;
  }

  /** A share of it has its place by this round. */
  void placed(long round) {
    placedRound = Math.max(placedRound, round);
  }

  /** Its turn has come earlier than shares of it stand. */
  boolean isEarlier() {
    return round() < placedRound;
  }

  /** Puts its shares where they belong. */
  void place() {
    placedRound = round();
    for (int i = 0; i < shares.size(); i++) {
      shares.get(i).stand();
    }
  }

  /** What an attempt takes on average, or its weight, has changed. */
  void charge() {
    chargedUs = chargeUs(averageUs);
  }

  /** Its lines of one kind, made when there were none. */
  Share share(Pool pool, int priority) {
    Share last = lastUsed[priority];
    if (last == null || last.pool != pool) {
      last = findOrAdd(pool, priority);
      lastUsed[priority] = last;
    }
    return last;
  }

  private Share findOrAdd(Pool pool, int priority) {
    for (Share share : shares) {
      if (share.pool == pool && share.priority == priority) {
        return share;
      }
    }
    Share share = new Share(this, pool, priority);
    shares.add(share);
    return share;
  }

  /** A share has no lines any more. */
  void remove(Share share) {
    shares.remove(share);
    if (lastUsed[share.priority] == share) {
      lastUsed[share.priority] = null;
    }
  }

  /** Its lines of tasks that name no group. */
  List<Line> ungrouped() {
    List<Line> lines = new ArrayList<>();
    for (Share share : shares) {
      if (share.ungrouped != null) {
        lines.add(share.ungrouped);
      }
    }
    return lines;
  }

  /** Of its open lines, the one whose head has waited longest. */
  @Nullable Line oldest() {
    Line oldest = null;
    for (Share share : shares) {
      Line line = share.first();
      oldest = oldest == null || (line != null && line.head < oldest.head) ? line : oldest;
    }
    return oldest;
  }

  /** By which it shares: its own, or else that of everybody. */
  int weight() {
    return weight == 0 ? WEIGHT_DEFAULT : weight;
  }

  long chargeUs(long runUs) {
    return Math.max(1, runUs * WEIGHT_DEFAULT / weight());
  }

  ByteString key() {
    ByteString number = ByteString.copyFrom(ByteBuffer.allocate(4).putInt(queue).flip());
    return number.concat(ByteString.copyFromUtf8(name));
  }

  @Override
  void keep(Generation generation) {
    TenantRecord.Builder record =
        TenantRecord.newBuilder()
            .setQueue(queue)
            .setTenant(name)
            .setWeight(weight)
            .setConcurrency(concurrency)
            .setRate(rate)
            .setVirtualTimeUs(usedUs)
            .setAverageUs(averageUs)
            .setBucketUs(bucketUs);
    generation.put(Family.TENANTS, key(), record.build().toByteString());
  }

  TenantInfo toInfo() {
    return TenantInfo.newBuilder()
        .setTenant(name)
        .setWeight(weight())
        .setConcurrency(concurrency)
        .setRate(rate)
        .setWaiting(waiting)
        .setRunning(running)
        .setVirtualTimeUs(turnUs())
        .build();
  }
}
