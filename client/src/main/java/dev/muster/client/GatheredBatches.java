package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that are yet to be sent, in batches, and the rule by which these go. Pure; guarded by its
 * owner.
 *
 * <p>A task joins the last batch of its queue, when that has room and shares all else: so tasks put
 * into many queues in turn travel in few requests, and the tasks of a queue keep their order. The
 * order between queues is that of their batches.
 *
 * <p>Batches go in waves: a wave is all that has gathered when it begins, and fewer than {@link
 * #WAVES_MAX} are unanswered then. With one queue a wave is one request. A queue that has gathered
 * {@link #SEND_BYTES} does not wait for its wave.
 */
final class GatheredBatches {
  /** So much of a queue goes at once, however much is unanswered. */
  static final long SEND_BYTES = 64 << 10;

  private static final int WAVES_MAX = 2;

  /** What has gathered for one queue. */
  private static final class Lane {
    /** The one that a task may join. */
    @Nullable EnqueueBatch last;

    long bytes;
  }

  /** Batches that went together. */
  static final class Wave {
    /** How many of them are to be answered, or to be sent. */
    private int left;

    private Wave(int left) {
      this.left = left;
    }
  }

  private final Deque<EnqueueBatch> batches = new ArrayDeque<>();

  /** By queue; only those where something gathers. */
  private final Map<String, Lane> lanes = new HashMap<>();

  private Wave wave = new Wave(0);

  /** How many of the first batches belong to the wave. */
  private int going;

  /** Waves that are not answered. */
  private int waves;

  private long bytes;

  /** What has gathered, bytes. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return batches.isEmpty();
  }

  /**
   * Joins a task to the last batch of its queue, or begins one.
   *
   * @param cost see {@link EnqueueBatch#cost}
   * @return bytes by which it grew: the cost, and what a new batch takes
   */
  long add(EnqueueRequest shared, ByteString payload, TaskKeys keys, int cost, Receipt receipt) {
    Lane lane = lanes.get(shared.getQueue());
    if (lane == null) {
      lane = new Lane();
      lanes.put(shared.getQueue(), lane);
    }
    long grown = cost;
    EnqueueBatch batch = lane.last;
    if (batch == null || !batch.takes(shared, cost)) {
      batch = new EnqueueBatch(shared);
      lane.last = batch;
      batches.addLast(batch);
      grown += batch.bytes();
    }
    batch.add(payload, keys, cost, receipt, receipt.joined());
    lane.bytes += grown;
    bytes += grown;
    return grown;
  }

  /** Whether the first batch may go. */
  boolean mayGo() {
    EnqueueBatch first = batches.peekFirst();
    return first != null && (going > 0 || waves < WAVES_MAX || lane(first).bytes >= SEND_BYTES);
  }

  /** The batch that {@link #next} takes out; null when nothing has gathered. */
  @Nullable EnqueueBatch first() {
    return batches.peekFirst();
  }

  private Lane lane(EnqueueBatch batch) {
    Lane lane = lanes.get(batch.queue());
    if (lane == null) {
      throw new IllegalStateException("no lane of " + batch.queue());
    }
    return lane;
  }

  /** Takes out the first batch: it goes now. */
  EnqueueBatch next() {
    if (going == 0) {
      boolean full = waves >= WAVES_MAX;
      going = full ? 1 : batches.size();
      wave = new Wave(going);
      waves++;
    }
    going--;
    EnqueueBatch batch = batches.removeFirst();
    Lane lane = lane(batch);
    lane.bytes -= batch.bytes();
    bytes -= batch.bytes();
    if (batch.equals(lane.last)) { // Then it was the only one.
      lanes.remove(batch.queue());
    }
    batch.goesWith(wave);
    return batch;
  }

  /** A batch that went is answered, or given up. */
  void ended(EnqueueBatch batch) {
    leave(batch.wave(), 1);
  }

  private void leave(Wave left, int count) {
    left.left -= count;
    if (left.left == 0) {
      waves--;
    }
  }

  /** Takes out all that is left. */
  List<EnqueueBatch> clear() {
    List<EnqueueBatch> all = new ArrayList<>(batches);
    batches.clear();
    lanes.clear();
    bytes = 0;
    if (going > 0) {
      leave(wave, going);
      going = 0;
    }
    return all;
  }
}
