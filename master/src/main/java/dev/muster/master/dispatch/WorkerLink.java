package dev.muster.master.dispatch;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongLongHashMap;
import com.carrotsearch.hppc.cursors.LongCursor;
import dev.muster.master.queue.PoolSupply;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** When its stream was last seen to take frames, or to be opened; the same clock, ns. */
  volatile long tookNs;

  /** A hello of this worker is under way, and settles what the session holds. On the loop. */
  final BooleanSupplier comingBack;

  final FramesUnderWay underWay = new FramesUnderWay();

  /** What it said of itself last; the default instance: nothing since this master leads. */
  volatile Hello hello = Hello.getDefaultInstance();

  /** When it said so, by the leader's monotonic clock, ns. */
  volatile long helloNs;

  /** Queues that it serves, for queries. */
  volatile List<String> queueNames = List.of();

  /** What tasks may require of it. */
  volatile Map<String, String> labels = Map.of();

  /** Slots in all; 0: it has not said. */
  volatile int slots;

  // On the loop only.
  List<QueueDemand> queues = List.of();

  /** Those of them that wait for its credit. */
  final WaitingQueues waiting = new WaitingQueues();

  /**
   * Slots that may still be filled, less what is being leased; below zero after a reconnect with
   * leases under way.
   */
  long credit;

  /** Slots asked for by lease proposals under way. */
  long leasing;

  boolean draining;

  /** Somebody asked it to drain; it is asked again when it comes back. */
  boolean drainAsked;

  /** Somebody asked it to end at once; it is asked again when it comes back. */
  boolean killAsked;

  /** Closing is proposed. */
  boolean closing;

  /**
   * When what has started did, by the leader's monotonic clock, ns. Guarded by itself: queries look
   * too.
   */
  private final LongLongHashMap started = new LongLongHashMap();

  WorkerLink(long session, long nowNs, BooleanSupplier comingBack) {
    this.session = session;
    this.comingBack = comingBack;
    this.lastHeardNs = nowNs;
    this.tookNs = nowNs;
  }

  /** What the worker says of itself. */
  void introduce(Hello said, long nowNs) {
    hello = said;
    helloNs = nowNs;
    labels = said.getLabelsMap();
    slots = slots(said);
  }

  /** Tasks were leased to the session: sends them, if it has a stream. The apply thread. */
  void offer(List<Offer> offers) {
    WorkerStream open = stream.get();
    if (open != null) {
      open.offer(offers);
    }
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

  /** All slots of a worker; one that does not say has as many as it has free. */
  static int slots(Hello hello) {
    return hello.getSlots() == 0 ? hello.getCredit() : hello.getSlots();
  }

  boolean isHungry() {
    // A lease behind the hello would go to the new stream, on the credit of the old one.
    return credit > 0
        && !draining
        && !drainAsked
        && !closing
        && stream.get() != null
        && !comingBack.getAsBoolean();
  }

  /** It has said what this master's log stalls over: more cannot be heard of it. On the loop. */
  boolean isHeldUp(long nowNs) {
    return comingBack.getAsBoolean() || underWay.areHeldUp(nowNs);
  }

  /** Whether it can run what is in this pool with the credit that it has. */
  boolean fits(PoolSupply pool) {
    return pool.cost() <= credit && couldRun(pool);
  }

  /** The same with all the credit that it may ever have. */
  boolean couldRun(PoolSupply pool) {
    return (slots == 0 || pool.cost() <= slots)
        && (pool.requires().isEmpty() || labels.entrySet().containsAll(pool.requires().entrySet()));
  }

  void started(List<Long> ids, long nowNs) {
    synchronized (started) {
      ids.forEach(id -> started.putIfAbsent(id, nowNs));
    }
  }

  /** What it does not hold it has not started either, whatever a late frame said. */
  void holds(List<Long> ids) {
    synchronized (started) {
      if (!started.isEmpty()) {
        LongHashSet held = new LongHashSet(ids.size());
        ids.forEach(held::add);
        started.removeAll((long id) -> !held.contains(id));
      }
    }
  }

  void settled(List<Long> ids) {
    synchronized (started) {
      if (!started.isEmpty()) {
        ids.forEach(id -> started.remove(id));
      }
    }
  }

  /**
   * Attempts ended. One that was refused did not: by now, the session may hold and have started
   * another of the same task.
   */
  void settled(Settlement settlement, List<RefusedAttempt> refused) {
    synchronized (started) {
      if (started.isEmpty()) {
        return;
      }
      LongHashSet ended = new LongHashSet();
      settlement.getCompletedIdsList().forEach(ended::add);
      settlement.getReturnedIdsList().forEach(ended::add);
      settlement.getCancelledIdsList().forEach(ended::add);
      settlement.getCrashedList().forEach(crashed -> ended.add(crashed.getId()));
      settlement.getFailedList().forEach(failed -> ended.add(failed.getId()));
      refused.forEach(attempt -> ended.removeAll(attempt.getId()));
      started.removeAll(ended);
    }
  }

  boolean hasStarted(long id) {
    synchronized (started) {
      return started.containsKey(id);
    }
  }

  /** How long a task runs by now, µs, at least 1; 0: it has not started. */
  long ranUs(long id, long nowNs) {
    synchronized (started) {
      return started.containsKey(id)
          ? Math.max(1, TimeUnit.NANOSECONDS.toMicros(nowNs - started.get(id)))
          : 0;
    }
  }

  List<Long> startedIds() {
    synchronized (started) {
      List<Long> ids = new ArrayList<>(started.size());
      for (LongCursor cursor : started.keys()) {
        ids.add(cursor.value);
      }
      ids.sort(null);
      return ids;
    }
  }

  /**
   * As people see it. On the loop.
   *
   * @param worker "name@host:pid" as the session was opened, where it has not said hello to this
   *     leader
   */
  WorkerInfo.Builder toInfo(String worker, long nowNs) {
    WorkerInfo.Builder info =
        WorkerInfo.newBuilder()
            .setSession(session)
            .setName(hello.getName().isEmpty() ? worker : hello.getName())
            .setHost(hello.getHost())
            .setPid(hello.getPid())
            .setClient(hello.getClient())
            .addAllQueues(queueNames)
            .addAllHandlers(hello.getHandlersList())
            .putAllLabels(labels)
            .setSlots(slots)
            .setCredit(Math.max(0, credit))
            .setConnected(stream.get() != null)
            .setDraining(draining || drainAsked)
            .setSilentMs(TimeUnit.NANOSECONDS.toMillis(nowNs - lastHeardNs));
    if (helloNs != 0) {
      info.setConnectedMs(TimeUnit.NANOSECONDS.toMillis(nowNs - helloNs));
    }
    return info;
  }
}
