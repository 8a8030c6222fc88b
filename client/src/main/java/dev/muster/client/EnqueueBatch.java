package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that travel in one request: their queue, options and all else but their payloads and keys
 * are the same. Tasks that one receipt added one after the other are one run. Guarded by its owner.
 */
final class EnqueueBatch {
  /** A batch takes no more tasks beyond this; a single payload may still be larger. */
  static final int PREFERRED_BYTES = 256 << 10;

  /** What a task costs beside its payload: its tag and length on the wire, its objects here. */
  static final int TASK_OVERHEAD_BYTES = 32;

  private final EnqueueRequest shared;
  private final EnqueueRequest.Builder request;
  private final KeyColumn groups;
  private final KeyColumn tenants;
  private Receipt[] receipts = new Receipt[4];
  private long[] positions = new long[4];
  private int[] counts = new int[4];
  private int runs;
  private int tasks;
  private long taskBytes;
  private boolean keyed;
  private @Nullable EnqueueRequest numbered;
  private GatheredBatches.@Nullable Wave wave;

  /**
   * An empty batch.
   *
   * @param shared the request without number, payloads and keys
   */
  EnqueueBatch(EnqueueRequest shared) {
    this.shared = shared;
    this.request = shared.toBuilder();
    this.groups = new KeyColumn(request::addGroups, request::addGroupIndexes);
    this.tenants = new KeyColumn(request::addTenants, request::addTenantIndexes);
  }

  /** What a task counts for, bytes. */
  static int cost(ByteString payload, TaskKeys keys) {
    return payload.size() + keys.bytesAtMost() + TASK_OVERHEAD_BYTES;
  }

  /**
   * Whether a task may join.
   *
   * @param cost see {@link #cost}
   */
  boolean takes(EnqueueRequest shared, int cost) {
    return tasks < Limits.BATCH_TASKS_MAX
        && taskBytes + cost <= PREFERRED_BYTES
        && this.shared.equals(shared); // the same object, nearly always: then it is quick
  }

  /** Joins a task. */
  void add(ByteString payload, TaskKeys keys, int cost, Receipt receipt, long position) {
    if (keyed || !keys.isNone()) {
      keyed = true;
      addKeys(keys);
    }
    request.addPayloads(payload);
    tasks++;
    taskBytes += cost;
    int last = runs - 1;
    if (runs > 0 && receipts[last].equals(receipt) && positions[last] + counts[last] == position) {
      counts[last]++;
      return;
    }
    if (runs == receipts.length) {
      receipts = Arrays.copyOf(receipts, runs * 2);
      positions = Arrays.copyOf(positions, runs * 2);
      counts = Arrays.copyOf(counts, runs * 2);
    }
    receipts[runs] = receipt;
    positions[runs] = position;
    counts[runs++] = 1;
  }

  private void addKeys(TaskKeys keys) {
    groups.add(keys.group(), tasks);
    tenants.add(keys.tenant(), tasks);
    // Each is another: there is nothing to say once.
    if (!keys.unique().isEmpty() || request.getUniqueKeysCount() > 0) {
      while (request.getUniqueKeysCount() < tasks) {
        request.addUniqueKeys("");
      }
      request.addUniqueKeys(keys.unique());
    }
  }

  /** What the tasks, and what they share, count for, bytes. */
  long bytes() {
    return taskBytes + shared.getSerializedSize(); // it may name many tasks to wait for
  }

  int tasks() {
    return tasks;
  }

  String queue() {
    return shared.getQueue();
  }

  void goesWith(GatheredBatches.Wave others) {
    wave = others;
  }

  GatheredBatches.Wave wave() {
    if (wave == null) {
      throw new IllegalStateException("batch has not gone yet");
    }
    return wave;
  }

  /** Closes the batch under a number: from here on it is only ever sent as this request. */
  void number(RequestId id) {
    numbered = request.setRequest(id).build();
  }

  EnqueueRequest request() {
    if (numbered == null) {
      throw new IllegalStateException("batch has no number yet");
    }
    return numbered;
  }

  /** The tasks are durable, or were there before. */
  void durable(EnqueueReply reply) {
    if (reply.getIdsCount() > 0) {
      durableOneByOne(reply);
      return;
    }
    long id = reply.getFirstId();
    for (int i = 0; i < runs; i++) {
      receipts[i].durable(positions[i], counts[i], id);
      id += counts[i];
    }
  }

  private void durableOneByOne(EnqueueReply reply) {
    if (reply.getIdsCount() != tasks) {
      failed(
          new MusterException(
              "the master answered "
                  + tasks
                  + " tasks with "
                  + reply.getIdsCount()
                  + " ids; update the older one of client and master"));
      return;
    }
    Set<Long> fresh = newest(reply.getIdsList(), tasks - reply.getExisting());
    int task = 0;
    for (int i = 0; i < runs; i++) {
      for (int j = 0; j < counts[i]; j++) {
        long id = reply.getIds(task++);
        if (fresh.remove(id)) { // once: the next with this id found the task of the first
          receipts[i].durable(positions[i] + j, 1, id);
        } else {
          receipts[i].found(positions[i] + j, id);
        }
      }
    }
  }

  /** Ids only grow: the new ones are the largest. */
  private static Set<Long> newest(List<Long> ids, int count) {
    TreeSet<Long> sorted = new TreeSet<>(Long::compareUnsigned);
    sorted.addAll(ids);
    while (sorted.size() > count) {
      sorted.pollFirst();
    }
    return sorted;
  }

  void failed(MusterException reason) {
    for (int i = 0; i < runs; i++) {
      receipts[i].failed(positions[i], counts[i], reason);
    }
  }
}
