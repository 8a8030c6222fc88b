package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.TaskOptions;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of one queue with the same options that travel in one request. Tasks that one receipt added
 * one after the other are one run. Guarded by its owner.
 */
final class EnqueueBatch {
  /** A batch takes no more tasks beyond this; a single payload may still be larger. */
  static final int PREFERRED_BYTES = 256 << 10;

  /** What a task costs beside its payload: its tag and length on the wire, its objects here. */
  static final int TASK_OVERHEAD_BYTES = 32;

  private final String queue;
  private final TaskOptions options;
  private final EnqueueRequest.Builder request;
  private Receipt[] receipts = new Receipt[4];
  private long[] positions = new long[4];
  private int[] counts = new int[4];
  private int runs;
  private int tasks;
  private long bytes;
  private @Nullable EnqueueRequest numbered;

  EnqueueBatch(String queue, TaskOptions options) {
    this.queue = queue;
    this.options = options;
    this.request = EnqueueRequest.newBuilder().setQueue(queue).setOptions(options);
  }

  /** What a payload counts for, bytes. */
  static int cost(ByteString payload) {
    return payload.size() + TASK_OVERHEAD_BYTES;
  }

  /** Whether a task may join. */
  boolean takes(String queue, TaskOptions options, ByteString payload) {
    return tasks < Limits.BATCH_TASKS_MAX
        && bytes + cost(payload) <= PREFERRED_BYTES
        && this.queue.equals(queue)
        && this.options.equals(options); // the same object, nearly always: then it is quick
  }

  /** Joins a task. */
  void add(ByteString payload, Receipt receipt, long position) {
    request.addPayloads(payload);
    tasks++;
    bytes += cost(payload);
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

  /** What the tasks count for, bytes. */
  long bytes() {
    return bytes;
  }

  int tasks() {
    return tasks;
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

  void durable(long firstId) {
    long id = firstId;
    for (int i = 0; i < runs; i++) {
      receipts[i].durable(positions[i], counts[i], id);
      id += counts[i];
    }
  }

  void failed(MusterException reason) {
    for (int i = 0; i < runs; i++) {
      receipts[i].failed(positions[i], counts[i], reason);
    }
  }
}
