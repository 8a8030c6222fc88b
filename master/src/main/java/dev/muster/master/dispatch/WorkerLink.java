package dev.muster.master.dispatch;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.cursors.LongCursor;
import dev.muster.master.queue.PoolSupply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the leader knows of one worker session beyond the replicated state: its stream, its credit,
 * what it has started.
 */
final class WorkerLink {
  final long session;

  /**
   * Set by apply, in log order, so that an offer always goes to the stream that its session was
   * opened with last.
   */
  private final AtomicReference<@Nullable WorkerStream> stream = new AtomicReference<>();

  /** When the last frame came, by the leader's monotonic clock, ns. */
  volatile long lastHeardNs;

  /**
   * A hello of this worker is under way, and settles what the session holds. Set by apply, asked on
   * the loop.
   */
  volatile BooleanSupplier comingBack = () -> false;

  /** Queues that it serves, for queries. */
  volatile List<String> queueNames = List.of();

  // On the loop only.
  List<QueueDemand> queues = List.of();

  /** What tasks may require of it. */
  Map<String, String> labels = Map.of();

  /** Slots in all; 0: as many as any task may cost. */
  int slots;

  /**
   * Slots that may still be filled, less what is being leased; below zero after a reconnect with
   * leases under way.
   */
  long credit;

  /** Slots asked for by lease proposals under way. */
  long leasing;

  boolean draining;

  /** Closing is proposed. */
  boolean closing;

  /** Guarded by itself: queries look too. */
  private final LongHashSet started = new LongHashSet();

  WorkerLink(long session, long nowNs) {
    this.session = session;
    this.lastHeardNs = nowNs;
  }

  @Nullable WorkerStream stream() {
    return stream.get();
  }

  void attach(WorkerStream opened) {
    stream.set(opened);
  }

  /** The stream has ended; false: another one has taken its place. */
  boolean detach(WorkerStream ended) {
    return stream.compareAndSet(ended, null);
  }

  boolean isHungry() {
    // A lease behind the hello would go to the new stream, on the credit of the old one.
    return credit > 0
        && !draining
        && !closing
        && stream.get() != null
        && !comingBack.getAsBoolean();
  }

  /** Whether it can run what is in this pool with the credit that it has. */
  boolean fits(PoolSupply pool) {
    return pool.cost() <= credit
        && (slots == 0 || pool.cost() <= slots)
        && (pool.requires().isEmpty() || labels.entrySet().containsAll(pool.requires().entrySet()));
  }

  void started(List<Long> ids) {
    synchronized (started) {
      ids.forEach(started::add);
    }
  }

  void settled(List<Long> ids) {
    synchronized (started) {
      if (!started.isEmpty()) {
        ids.forEach(id -> started.remove(id));
      }
    }
  }

  boolean hasStarted(long id) {
    synchronized (started) {
      return started.contains(id);
    }
  }

  List<Long> startedIds() {
    synchronized (started) {
      List<Long> ids = new ArrayList<>(started.size());
      for (LongCursor cursor : started) {
        ids.add(cursor.value);
      }
      ids.sort(null);
      return ids;
    }
  }
}
