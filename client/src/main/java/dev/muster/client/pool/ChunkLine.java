package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.client.Muster;
import dev.muster.client.TaskKeys;
import dev.muster.client.TaskQueue;
import dev.muster.common.ChunkTypes;
import dev.muster.common.MusterException;
import dev.muster.common.TaskEndedException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.UnknownTaskException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.CodecException;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Adds a map's chunks as tasks and hears how they end. Of a map without a name the results come
 * with the ends; of one with a name they go to its queue, and only bad ends count here.
 * Thread-safe.
 */
final class ChunkLine {
  /** A handler that does not heed the interrupt at an item's limit is given up after so long. */
  private static final long GRACE_MS = 15_000;

  /** A worker ends an automatic chunk after so long, so that others get the rest. */
  private static final int YIELD_AFTER_MS = 1_000;

  /** Of a chunk as a whole: another worker may have the handler that this one lacks. */
  private static final int ATTEMPTS = 5;

  private static final long ADDED_WITHIN_S = 10;

  private final Muster muster;
  private final TaskQueue<Chunk> tasks;
  private final boolean resultsAreKept;
  private final Chunk common;
  private final Listener listener;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, CompletableFuture<?>> awaited = new ConcurrentHashMap<>();
  private final Map<Long, CompletableFuture<?>> adding = new ConcurrentHashMap<>();
  private volatile String map = "";
  private volatile boolean closed;

  /** Told on any thread; must not wait. */
  interface Listener {
    /** A task that belongs to a chunk is durable. */
    void added(WindowChunk chunk, long task);

    /** A chunk's result came. */
    void received(ChunkResult result);

    /** A task of a chunk, the first one or the one of a key, ended without a result. */
    void ended(WindowChunk chunk, String key, Failure failure);

    /** The map cannot go on. */
    void broken(MusterException reason);
  }

  /**
   * A line of one map.
   *
   * @param results the queue of its results; null: they are kept by task
   */
  ChunkLine(
      Muster muster,
      String queue,
      String handler,
      @Nullable String results,
      MapOptions options,
      Listener listener) {
    this.muster = muster;
    this.listener = listener;
    this.resultsAreKept = results == null;
    boolean automatic = options.chunkSize() == 0;
    this.common =
        options.common().toBuilder().setYieldAfterMs(automatic ? YIELD_AFTER_MS : 0).build();
    long itemLimitMs = common.getItemLimitMs();
    TaskQueue<Chunk> plain =
        muster
            .tasks(queue, ChunkCodec.INSTANCE)
            .handler(handler)
            .priority(options.priority())
            .uniqueFor(Duration.ofMillis(ChunkTypes.KEY_HOLDS_MS))
            .maxAttempts(ATTEMPTS)
            .backoff(Duration.ofMillis(500), Duration.ofSeconds(5));
    TaskQueue<Chunk> routed = results == null ? plain : plain.resultsTo(results);
    this.tasks =
        itemLimitMs == 0
            ? routed
            : routed.runLimit(
                Duration.ofMillis(
                    GRACE_MS
                        + (automatic
                            ? YIELD_AFTER_MS + itemLimitMs
                            : options.chunkSize() * itemLimitMs)));
  }

  /** The id of the map, which is known when it begins; empty: it has no name. */
  void begin(String id) {
    map = id;
  }

  /**
   * Adds a chunk. Waits while too much is unacknowledged.
   *
   * @param key unique; empty: none
   */
  void send(WindowChunk chunk, List<ByteString> items, String key) {
    Chunk payload =
        common.toBuilder().setIndex(chunk.index()).setMap(map).addAllItems(items).build();
    add(chunk, payload, key, "");
  }

  /** Finds the task that a worker enqueued with what was left of a chunk. */
  void find(WindowChunk chunk, String key) {
    // Known, nearly certainly: then this adds nothing. Else an empty chunk says that it is lost.
    Chunk empty = common.toBuilder().setIndex(chunk.index()).setMap(map).setKey(key).build();
    add(chunk, empty, key, key);
  }

  private void add(WindowChunk chunk, Chunk payload, String unique, String key) {
    CompletableFuture<Long> added =
        tasks
            .enqueueAsync(payload, unique.isEmpty() ? TaskKeys.none() : TaskKeys.ofUnique(unique))
            .whenComplete(
                (id, failure) -> {
                  if (failure != null) {
                    listener.broken(AsyncResult.ours(failure));
                  } else {
                    listener.added(chunk, id);
                    await(chunk, id, key);
                  }
                });
    long number = numbers.incrementAndGet();
    adding.put(number, added);
    var unused = added.whenComplete((id, failure) -> adding.remove(number));
  }

  /** Waits until all that was sent is durable, or was refused; a short time at most. */
  void awaitAdded() throws InterruptedException {
    try {
      CompletableFuture.allOf(adding.values().toArray(CompletableFuture<?>[]::new))
          .get(ADDED_WITHIN_S, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The listener was told, or will be.
    }
  }

  /** Hears how the first task of a chunk ends, or the one of a key. */
  void await(WindowChunk chunk, long task, String key) {
    if (closed) {
      return;
    }
    CompletableFuture<ChunkResult> end = muster.results().result(task, ResultCodec.INSTANCE);
    long number = numbers.incrementAndGet();
    awaited.put(number, end);
    var unused =
        end.whenComplete(
            (result, failure) -> {
              awaited.remove(number);
              if (closed) {
                return;
              }
              if (failure == null) {
                listener.received(result);
              } else {
                ended(chunk, key, failure);
              }
            });
  }

  private void ended(WindowChunk chunk, String key, Throwable thrown) {
    Throwable cause =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    if (cause instanceof TaskFailedException failed) {
      listener.ended(chunk, key, failed.failure());
    } else if (cause instanceof TaskEndedException ended) {
      listener.ended(chunk, key, failure(ended));
    } else if (resultsAreKept && cause instanceof UnknownTaskException) {
      listener.ended(
          chunk,
          key,
          Failure.newBuilder()
              .setKind("muster.LostResult")
              .setMessage("the master has forgotten the chunk's result: see the queue's retention")
              .build());
    } else if (resultsAreKept) {
      listener.broken(AsyncResult.ours(thrown));
    }
    // Else it succeeded, or is forgotten since: its result comes by the queue.
  }

  private static Failure failure(TaskEndedException ended) {
    String kind =
        switch (ended.state()) {
          case TASK_STATE_QUARANTINED -> "muster.Quarantined";
          case TASK_STATE_EXPIRED -> "muster.Expired";
          case TASK_STATE_CANCELLED,
              TASK_STATE_UNKNOWN,
              TASK_STATE_DELAYED,
              TASK_STATE_READY,
              TASK_STATE_OFFERED,
              TASK_STATE_RUNNING,
              TASK_STATE_SUCCEEDED,
              TASK_STATE_FAILED,
              UNRECOGNIZED ->
              "muster.Cancelled";
        };
    return Failure.newBuilder()
        .setKind(kind)
        .setMessage("the item's chunk: " + ended.getMessage())
        .build();
  }

  /** Hears nothing more. */
  void close() {
    closed = true;
    awaited.values().forEach(future -> future.cancel(false));
  }

  private static final class ChunkCodec implements Codec<Chunk> {
    static final ChunkCodec INSTANCE = new ChunkCodec();

    @Override
    public String contentType() {
      return ChunkTypes.CHUNK;
    }

    @Override
    public ByteString encode(Chunk value) {
      return value.toByteString();
    }

    @Override
    public Chunk decode(ByteString bytes) {
      throw new CodecException("a chunk is read by workers only", null);
    }
  }

  private static final class ResultCodec implements Codec<ChunkResult> {
    static final ResultCodec INSTANCE = new ResultCodec();

    @Override
    public String contentType() {
      return ChunkTypes.RESULT;
    }

    @Override
    public ByteString encode(ChunkResult value) {
      return value.toByteString();
    }

    @Override
    public ChunkResult decode(ByteString bytes) {
      return parse(bytes);
    }
  }

  /** Reads a chunk's result. */
  static ChunkResult parse(ByteString bytes) {
    try {
      return ChunkResult.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CodecException(
          "the result is not that of a chunk: the worker is older than this client, or the task"
              + " is not of a map",
          e);
    }
  }
}
