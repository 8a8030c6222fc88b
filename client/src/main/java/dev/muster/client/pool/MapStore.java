package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.client.Leases;
import dev.muster.client.Leases.Leased;
import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.MapRecord;
import dev.muster.proto.v1.PlannedChunk;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The state of a map that has a name, on the master. Two tasks, which its caller holds by leases:
 *
 * <pre>
 *   map/NAME.lock   one task, always the same: who holds it is the caller
 *   map/NAME.state  one task, the record: completed with the next record as its follow-up, in one step
 *   map/NAME        results of chunks
 * </pre>
 *
 * For one thread, but for {@link #takeResults} and {@link #giveBack}.
 */
final class MapStore {
  /** A caller that died is followed by another one after so long. */
  static final Duration VISIBILITY = Duration.ofSeconds(15);

  /** What is added to a map's name: no map is called so, or its results would go there. */
  static final String STATE = ".state";

  static final String LOCK = ".lock";

  /** So long a question for something waits for it to come. */
  static final Duration WAIT = Duration.ofSeconds(1);

  private static final Duration OWN_RECORD = VISIBILITY.plusSeconds(5);

  /** So long a map that has ended is remembered. */
  private static final long ENDED_TTL_MS = Duration.ofDays(7).toMillis();

  private static final String LOCK_KEY = "lock";

  private final Leases leases;
  private final Muster muster;
  private final String results;
  private final String state;
  private final String lock;
  private final String name;
  private @Nullable Leased heldLock;
  private @Nullable Leased heldRecord;

  MapStore(Muster muster, String name) {
    this.muster = muster;
    this.leases = muster.leases();
    this.name = name;
    this.results = "map/" + name;
    this.state = results + STATE;
    this.lock = results + LOCK;
  }

  /** The queue of the chunks' results. */
  String results() {
    return results;
  }

  /**
   * The unique key of a chunk's task.
   *
   * @param id of the map: keys of an earlier map of this name hold for days
   */
  String key(String id, long chunk) {
    return results + "/" + id + "/" + chunk;
  }

  /**
   * Waits until no other caller has the map, and takes its record, or a fresh one.
   *
   * @param goesOn asked again and again; false: this gives up
   * @return null when it gave up
   */
  @Nullable MapRecord open(BooleanSupplier goesOn, MapOptions options, MapRecord fresh)
      throws InterruptedException {
    muster.tasks(lock, byte[].class).dropResults().unique(LOCK_KEY).enqueue(new byte[0]);
    Runnable waits = waits(options);
    heldLock = take(lock, goesOn, waits);
    if (heldLock == null) {
      return null;
    }
    if (isNew()) {
      muster.tasks(state, byte[].class).dropResults().unique("record").enqueue(fresh.toByteArray());
    }
    heldRecord = take(state, goesOn, waits);
    return heldRecord == null ? null : parse(heldRecord.payload());
  }

  /**
   * There is no record. For who holds the lock that stays so; a caller that died may still hold
   * one.
   */
  private boolean isNew() {
    QueueInfo info = muster.queue(state).orElse(QueueInfo.getDefaultInstance());
    return info.getReady() + info.getDelayed() + info.getOffered() + info.getRunning() == 0;
  }

  /** Says once that another caller has the map: its lock and its record come free one by one. */
  private Runnable waits(MapOptions options) {
    AtomicBoolean told = new AtomicBoolean();
    return () -> {
      if (told.compareAndSet(false, true)) {
        options.notice(
            "map "
                + name
                + " is held by another caller, or by one that died less than "
                + VISIBILITY.toSeconds()
                + " s ago: waiting");
      }
    };
  }

  private @Nullable Leased take(String queue, BooleanSupplier goesOn, Runnable waits)
      throws InterruptedException {
    while (goesOn.getAsBoolean()) {
      List<Leased> taken = leases.take(queue, 1, WAIT, VISIBILITY);
      if (!taken.isEmpty()) {
        return taken.get(0);
      }
      if (heldLock != null) {
        var unused = leases.extend(List.of(heldLock), VISIBILITY);
      }
      waits.run();
    }
    return null;
  }

  private MapRecord parse(ByteString payload) {
    try {
      return MapRecord.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw new MusterException(
          "queue " + state + " holds something else than the state of a map: " + e.getMessage(), e);
    }
  }

  /**
   * Replaces the record, durably.
   *
   * @param covered results whose delivery the record before this one tells: they are acknowledged.
   *     Not those that this one tells: a refused record must not lose them.
   * @throws MusterException when another caller has the map
   */
  void write(MapRecord next, List<Leased> covered) throws InterruptedException {
    replace(next, covered, 0);
    Leased taken = retake(next.toByteString());
    if (taken == null) {
      throw lost();
    }
    heldRecord = taken;
  }

  private void replace(MapRecord next, List<Leased> covered, long ttlMs)
      throws InterruptedException {
    while (true) {
      Leased record = held(heldRecord);
      EnqueueRequest follower =
          EnqueueRequest.newBuilder()
              .setQueue(state)
              .setOptions(
                  TaskOptions.newBuilder()
                      .setContentType("application/octet-stream")
                      .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
                      .setTtlMs(ttlMs))
              .addPayloads(next.toByteString())
              .build();
      Settlement.Builder settlement = completed(covered);
      settlement.addCompletedIds(record.id()).addCompletedTokens(record.token());
      settlement.addFollowUps(
          FollowUp.newBuilder().setId(record.id()).setToken(record.token()).setTasks(follower));
      if (!leases.settle(settlement.build()).contains(record.id())) {
        return;
      }
      // The lease ran out, in a long pause: it is still ours if nobody has changed it.
      Leased again = retake(record.payload());
      if (again == null) {
        throw lost();
      }
      heldRecord = again;
    }
  }

  private @Nullable Leased retake(ByteString expected) throws InterruptedException {
    long endNanos = System.nanoTime() + OWN_RECORD.toNanos();
    while (System.nanoTime() < endNanos) {
      for (Leased taken : leases.take(state, 1, WAIT, VISIBILITY)) {
        if (taken.payload().equals(expected)) {
          return taken;
        }
        giveBack(List.of(taken));
        return null;
      }
    }
    return null;
  }

  private MusterException lost() {
    return new MusterException(
        "another caller has taken map "
            + name
            + " over, because this one was silent for more than "
            + VISIBILITY.toSeconds()
            + " s; what it had not acknowledged goes there");
  }

  private static Leased held(@Nullable Leased lease) {
    if (lease == null) {
      throw new IllegalStateException("the map is not open");
    }
    return lease;
  }

  private static Settlement.Builder completed(List<Leased> done) {
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Leased lease : done) {
      settlement.addCompletedIds(lease.id()).addCompletedTokens(lease.token());
    }
    return settlement;
  }

  /** Moves the end of all leases. */
  void extend(List<Leased> held) {
    List<Leased> all = new ArrayList<>(held);
    if (heldLock != null) {
      all.add(heldLock);
    }
    if (heldRecord != null) {
      all.add(heldRecord);
    }
    Set<Long> refused = leases.extend(all, VISIBILITY);
    if (heldLock != null && refused.contains(heldLock.id())) {
      heldLock = null; // the record decides whose the map is; without a lock others may only wait
    }
  }

  /** Takes results; they are held until they are settled. */
  List<Leased> takeResults(int max) throws InterruptedException {
    return leases.take(results, max, WAIT, VISIBILITY);
  }

  void acknowledge(List<Leased> results) {
    if (!results.isEmpty()) {
      var unused = leases.settle(completed(results).build());
    }
  }

  /** Others may have them, at once. */
  void giveBack(List<Leased> held) {
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Leased lease : held) {
      settlement.addReturnedIds(lease.id()).addReturnedTokens(lease.token());
    }
    if (!held.isEmpty()) {
      var unused = leases.settle(settlement.build());
    }
  }

  /** Lets another caller go on, at once. */
  void letGo(List<Leased> results) {
    List<Leased> all = new ArrayList<>(results);
    if (heldRecord != null) {
      all.add(heldRecord);
    }
    if (heldLock != null) {
      all.add(heldLock);
    }
    giveBack(all);
    heldRecord = null;
    heldLock = null;
  }

  /** Everything is delivered: the record stays for a while and says so; the lock goes. */
  void end(MapRecord last, List<Leased> covered) throws InterruptedException {
    replace(last, covered, ENDED_TTL_MS);
    heldRecord = null;
    forgetLock();
  }

  /** The map is called off: nothing of it stays but what its workers still send. */
  void forget(List<Leased> results) throws InterruptedException {
    List<Leased> all = new ArrayList<>(results);
    if (heldRecord != null) {
      all.add(heldRecord);
    }
    acknowledge(all);
    heldRecord = null;
    List<Leased> rest = leases.take(this.results, 1_000, Duration.ZERO, VISIBILITY);
    while (!rest.isEmpty()) {
      acknowledge(rest);
      rest = leases.take(this.results, 1_000, Duration.ZERO, VISIBILITY);
    }
    forgetLock();
  }

  /**
   * As {@link #forget(List)}, for who has not opened the map. Calls its chunks off.
   *
   * @return false: there is none, or this gave up
   */
  boolean forget(BooleanSupplier goesOn, MapOptions options) throws InterruptedException {
    if (isNew()) {
      return false;
    }
    MapRecord record = open(goesOn, options, MapRecord.getDefaultInstance());
    if (record == null) {
      return false;
    }
    List<Long> tasks =
        record.getWindowList().stream()
            .map(PlannedChunk::getTask)
            .filter(task -> task != 0)
            .toList();
    if (!tasks.isEmpty()) {
      var unused = muster.admin().cancel(tasks, true, "its map was forgotten");
    }
    forget(List.of());
    return true;
  }

  private void forgetLock() {
    if (heldLock != null) {
      acknowledge(List.of(heldLock));
      heldLock = null;
    }
  }
}
