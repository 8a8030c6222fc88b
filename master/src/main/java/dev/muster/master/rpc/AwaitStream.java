package dev.muster.master.rpc;

import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.TaskResult;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends results as they come, each reply with all that gathered, and ends after the last, or after
 * the first reply where any result will do. Any thread.
 */
final class AwaitStream extends Outflow<AwaitReply> {
  /** A reply takes results until it holds so many bytes, or one larger one. */
  private static final int REPLY_BYTES = 64 << 10;

  private final boolean any;

  // Guarded by this.
  private final ArrayDeque<TaskResult> gathered = new ArrayDeque<>();
  private int pending;

  /**
   * @param count results to come
   * @param any one reply is enough
   */
  AwaitStream(
      ServerCallStreamObserver<AwaitReply> caller, Executor egress, int count, boolean any) {
    super(caller, egress);
    this.pending = count;
    this.any = any;
  }

  void add(TaskResult result) {
    synchronized (this) {
      pending--;
      gathered.add(result);
    }
    schedule();
  }

  @Override
  @Nullable AwaitReply gather() {
    if (gathered.isEmpty()) {
      return null;
    }
    AwaitReply.Builder reply = AwaitReply.newBuilder();
    long bytes = 0;
    do {
      TaskResult next = gathered.remove();
      bytes += next.getSerializedSize();
      reply.addResults(next);
    } while (!gathered.isEmpty() && bytes + gathered.element().getSerializedSize() <= REPLY_BYTES);
    return reply.build();
  }

  @Override
  boolean isLast() {
    return any || (pending == 0 && gathered.isEmpty());
  }

  @Override
  synchronized void end() {
    super.end();
    gathered.clear();
  }
}
