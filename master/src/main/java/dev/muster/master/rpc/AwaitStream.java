package dev.muster.master.rpc;

import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.TaskResult;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/**
 * Sends results as they come, each reply with all that gathered, and ends after the last. Any
 * thread.
 */
final class AwaitStream {
  /** A reply takes results until it holds so many bytes, or one larger one. */
  private static final int REPLY_BYTES = 64 << 10;

  private final ServerCallStreamObserver<AwaitReply> caller;
  private final Executor egress;
  private volatile Runnable cancelHandler = () -> {};

  // Guarded by this.
  private final ArrayDeque<TaskResult> gathered = new ArrayDeque<>();
  private int pending;
  private boolean scheduled;
  private boolean ended;

  /**
   * @param count results to come
   */
  AwaitStream(ServerCallStreamObserver<AwaitReply> caller, Executor egress, int count) {
    this.caller = caller;
    this.egress = egress;
    this.pending = count;
    caller.setOnReadyHandler(this::schedule);
    caller.setOnCancelHandler(this::cancel);
  }

  /** What to do when the caller goes away; at once, when it has gone. */
  void onCancel(Runnable handler) {
    cancelHandler = handler;
    if (caller.isCancelled()) {
      handler.run();
    }
  }

  private void cancel() {
    synchronized (this) {
      ended = true;
      gathered.clear();
    }
    cancelHandler.run();
  }

  void add(TaskResult result) {
    synchronized (this) {
      pending--;
      gathered.add(result);
    }
    schedule();
  }

  private void schedule() {
    synchronized (this) {
      if (scheduled || ended) {
        return;
      }
      scheduled = true;
    }
    egress.execute(this::drain);
  }

  private void drain() {
    while (true) {
      AwaitReply reply;
      boolean last;
      synchronized (this) {
        if (ended || gathered.isEmpty() || !caller.isReady()) {
          scheduled = false;
          return;
        }
        reply = gather();
        last = pending == 0 && gathered.isEmpty();
        ended = last;
      }
      caller.onNext(reply);
      if (last) {
        caller.onCompleted();
      }
    }
  }

  private AwaitReply gather() {
    AwaitReply.Builder reply = AwaitReply.newBuilder();
    long bytes = 0;
    do {
      TaskResult next = gathered.remove();
      bytes += next.getSerializedSize();
      reply.addResults(next);
    } while (!gathered.isEmpty() && bytes + gathered.element().getSerializedSize() <= REPLY_BYTES);
    return reply.build();
  }
}
