package dev.muster.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A pool on queue "q" of a fake master, and what its workers do, in the test's hand. */
final class PoolRig implements AutoCloseable {
  static final RemoteFunction<Integer, Integer> SQUARE =
      RemoteFunction.of("square", Integer.class, Integer.class);
  static final Duration LONG = Duration.ofSeconds(30);

  final FakeMaster master = new FakeMaster();
  final Muster muster = master.client();
  final Pool pool = muster.pool("q");

  /** What waits in the queue, as a worker takes it. */
  List<Leased> take(int count) throws InterruptedException {
    List<Leased> taken = new ArrayList<>();
    while (taken.size() < count) {
      taken.addAll(muster.leases().take("q", count - taken.size(), Duration.ofSeconds(1), LONG));
    }
    return taken;
  }

  static Chunk chunkOf(int... items) {
    Chunk.Builder chunk = Chunk.newBuilder();
    for (int item : items) {
      chunk.addItems(ByteString.copyFromUtf8(Integer.toString(item)));
    }
    return chunk.build();
  }

  static Chunk chunk(Leased task) {
    try {
      return Chunk.parseFrom(task.payload());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  static ChunkResult.Builder squares(Leased task) {
    Chunk chunk = chunk(task);
    ChunkResult.Builder result =
        ChunkResult.newBuilder()
            .setIndex(chunk.getIndex())
            .setMap(chunk.getMap())
            .setRan(chunk.getItemsCount());
    for (ByteString item : chunk.getItemsList()) {
      int n = Integer.parseInt(item.toStringUtf8());
      result.addValues(ByteString.copyFromUtf8(Integer.toString(n * n)));
    }
    return result;
  }

  static Failure boom() {
    return Failure.newBuilder()
        .setKind("Boom")
        .setMessage("no")
        .setDetail("Boom: no\n\tat example.Square.run(Square.java:7)\n")
        .build();
  }

  void finish(Leased task, ChunkResult result) {
    master.finish(succeeded(task, result.toByteString(), "application/vnd.muster.chunk-result"));
  }

  /** The result goes to the map's queue, as that of a task with a result queue does. */
  void finishNamed(Leased task, String map) {
    muster
        .tasks("map/" + map, byte[].class)
        .enqueue(squares(task).build().toByteString().toByteArray());
  }

  static TaskResult succeeded(Leased task, ByteString result, String contentType) {
    return TaskResult.newBuilder()
        .setId(task.id())
        .setState(TaskState.TASK_STATE_SUCCEEDED)
        .setResult(result)
        .setContentType(contentType)
        .build();
  }

  @Override
  public void close() {
    pool.terminate();
    muster.close();
    master.close();
  }
}
