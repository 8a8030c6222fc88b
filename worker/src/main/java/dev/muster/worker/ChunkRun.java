package dev.muster.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.common.ChunkTypes;
import dev.muster.common.Limits;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.ItemFailure;
import dev.muster.proto.v1.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs a handler once for each item of a chunk. An item that fails does not stop the others. What
 * is to be tried again, and the rest of a chunk that has become too long or too large, are chunks
 * that its completion enqueues; so is the rest when the worker is about to go. For one thread.
 */
final class ChunkRun {
  /** A chunk whose results are so large ends, bytes; with one more item it still fits a message. */
  private static final int RESULTS_BYTES_MAX = 512 << 10;

  private static final int ITEM_RESULT_BYTES_MAX = 3 << 20;
  private static final int ITEM_BYTES = 16;

  /**
   * A chunk that brought its worker down is parted in so many: each level costs one more crash, or
   * one more slot that a deaf handler holds, so few levels are better than few tasks.
   */
  private static final int PARTS = 8;

  private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final HandlerTable handlers;
  private final Chunk chunk;
  private final TaskContext context;
  private final ChunkResult.Builder result = ChunkResult.newBuilder();
  private final List<EnqueueRequest> followUps = new ArrayList<>();

  /** Items to be tried again, by how long they wait, ms. */
  private final Map<Long, Chunk.Builder> again = new TreeMap<>();

  private int bytes;
  private boolean tried;

  private ChunkRun(HandlerTable handlers, Chunk chunk, TaskContext context, String worker) {
    this.handlers = handlers;
    this.chunk = chunk;
    this.context = context;
    result
        .setIndex(chunk.getIndex())
        .setKey(chunk.getKey())
        .setMap(chunk.getMap())
        .setWorker(worker)
        .setStartedMs(System.currentTimeMillis());
    tried = chunk.getFailuresCount() > 0;
  }

  static boolean isChunk(Offer offer) {
    return offer.getOptions().getContentType().equals(ChunkTypes.CHUNK);
  }

  /** Runs the chunk that is this task's payload. */
  static Outcome of(
      HandlerTable handlers, HandlerTable.Bound<?> bound, TaskContext context, String worker) {
    Chunk chunk;
    try {
      chunk = Chunk.parseFrom(context.offer().getPayloads(context.index()));
    } catch (InvalidProtocolBufferException e) {
      return Outcome.failed(Failures.brokenChunk(String.valueOf(e.getMessage())));
    }
    if (!isColumn(chunk.getPlacesCount(), chunk) || !isColumn(chunk.getFailuresCount(), chunk)) {
      return Outcome.failed(Failures.brokenChunk("its columns are not as long as its items"));
    }
    return new ChunkRun(handlers, chunk, context, worker).run(bound);
  }

  private static boolean isColumn(int count, Chunk chunk) {
    return count == 0 || count == chunk.getItemsCount();
  }

  private Outcome run(HandlerTable.Bound<?> bound) {
    int count = chunk.getItemsCount();
    if (count > 1 && (context.crashes() > 0 || context.attempt() > 1)) {
      return parted();
    }
    long startNanos = System.nanoTime();
    long told = startNanos;
    long begun = startNanos;
    int done = 0;
    ItemWatch watch = context.itemWatch(chunk.getItemLimitMs());
    try {
      while (done < count && !(done > 0 && isEnough(begun - startNanos))) {
        if (context.isCancelled()) {
          return Outcome.failed(Failures.calledOff(done, count));
        }
        context.beginItem(done, count, failures(done) + 1);
        watch.begin();
        Outcome outcome = handlers.runItem(bound, chunk.getItems(done), context);
        boolean overran = watch.end();
        long ended = System.nanoTime();
        settle(done++, outcome, overran, RunTime.micros(ended - begun));
        begun = ended;
        if (ended - told > PROGRESS_NANOS) {
          told = ended;
          context.endItem(done, count);
        }
      }
    } finally {
      watch.close();
      context.endItem(done, count);
    }
    return outcome(done, TimeUnit.NANOSECONDS.toMicros(begun - startNanos));
  }

  private boolean isEnough(long ranNanos) {
    boolean late =
        chunk.getYieldAfterMs() > 0
            && ranNanos > TimeUnit.MILLISECONDS.toNanos(chunk.getYieldAfterMs());
    return late || context.isDraining() || bytes > RESULTS_BYTES_MAX;
  }

  private int failures(int item) {
    return chunk.getFailuresCount() == 0 ? 0 : chunk.getFailures(item);
  }

  private int place(int item) {
    return chunk.getPlacesCount() == 0 ? item : chunk.getPlaces(item);
  }

  private void settle(int item, Outcome outcome, boolean overran, int runUs) {
    Failure failure = outcome.failure();
    if (failure == null) {
      if (outcome.bytes() > ITEM_RESULT_BYTES_MAX) {
        failure =
            Failures.resultTooLarge(context.handler(), outcome.bytes(), ITEM_RESULT_BYTES_MAX);
      } else {
        followUps.addAll(outcome.followUps());
        add(item, outcome.result().bytes(), runUs);
        bytes += outcome.bytes() + ITEM_BYTES;
        return;
      }
    } else if (overran) {
      failure = Failures.itemOverran(failure, chunk.getItemLimitMs());
    }
    if (failure.getRetryable() && failures(item) + 1 < Math.max(1, chunk.getMaxAttempts())) {
      tryAgain(item, outcome.retryAfterMs());
      return;
    }
    result.addFailures(
        ItemFailure.newBuilder().setEntry(result.getValuesCount()).setFailure(failure));
    add(item, ByteString.EMPTY, runUs);
    bytes += failure.getSerializedSize() + ITEM_BYTES;
  }

  private void add(int item, ByteString value, int runUs) {
    result.addValues(value).addRunUs(runUs).addPlaces(place(item));
    if (tried) {
      result.addAttempts(failures(item) + 1);
    }
  }

  private void tryAgain(int item, long retryAfterMs) {
    int failed = failures(item) + 1;
    long delayMs = retryAfterMs > 0 ? retryAfterMs : backoffMs(failed);
    again
        .computeIfAbsent(Math.min(delayMs, Limits.TASK_TIME_MS_MAX), unused -> rest())
        .addItems(chunk.getItems(item))
        .addPlaces(place(item))
        .addFailures(failed);
    result.setRetried(result.getRetried() + 1);
  }

  private long backoffMs(int failed) {
    long min = Integer.toUnsignedLong(chunk.getBackoffMinMs());
    long max = Integer.toUnsignedLong(chunk.getBackoffMaxMs());
    return Math.min(max, min << Math.min(30, failed - 1));
  }

  /** This chunk without its items. */
  private Chunk.Builder rest() {
    return chunk.toBuilder().clearItems().clearPlaces().clearFailures();
  }

  /** This chunk with only these of its items. */
  private Chunk.Builder part(int from, int to) {
    Chunk.Builder part = rest();
    for (int i = from; i < to; i++) {
      part.addItems(chunk.getItems(i)).addPlaces(place(i)).addFailures(failures(i));
    }
    return part;
  }

  /**
   * A worker or its process died with this chunk, or an item did not stop at its limit: nobody
   * knows which one. Run as a whole it would do so again, until all of its items count as failed.
   * In parts, and parts of parts, the item that does it ends up alone, and its neighbours have
   * their results.
   */
  private Outcome parted() {
    int count = chunk.getItemsCount();
    int size = (count + PARTS - 1) / PARTS;
    for (int from = 0; from < count; from += size) {
      followUp(0L, part(from, Math.min(count, from + size)));
    }
    return completed();
  }

  private Outcome outcome(int done, long ranUs) {
    again.forEach(this::followUp);
    int count = chunk.getItemsCount();
    if (done < count) {
      followUp(0L, part(done, count));
    } else if (chunk.getPlacesCount() == 0 && result.getValuesCount() == count) {
      result.clearPlaces(); // all of them, in order
    }
    result.setRan(done).setRanUs(ranUs);
    return completed();
  }

  private Outcome completed() {
    return Outcome.completed(
        new EncodedValue(result.build().toByteString(), ChunkTypes.RESULT), followUps);
  }

  /** The key lets the caller find the task that this becomes. */
  private void followUp(long delayMs, Chunk.Builder items) {
    String key = ChunkTypes.followUpKey(context.taskId(), result.getFollowUpsCount());
    result.addFollowUps(key);
    followUps.add(
        EnqueueRequest.newBuilder()
            .setQueue(context.queue())
            .setOptions(context.options())
            .addPayloads(items.setKey(key).build().toByteString())
            .addUniqueKeys(key)
            .setUniqueForMs(ChunkTypes.KEY_HOLDS_MS)
            .setDelayMs(delayMs)
            .build());
  }
}
