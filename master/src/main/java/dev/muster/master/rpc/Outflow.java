package dev.muster.master.rpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stream to a caller, outbound: what gathers while a message is being written goes into the next
 * one, and nothing is written faster than the wire takes it. Any thread; what a subclass gathers is
 * guarded by this.
 */
abstract class Outflow<R> {
  private final ServerCallStreamObserver<R> caller;
  private final Executor egress;
  private volatile Runnable whenEnded = () -> {};

  // Guarded by this.
  private boolean scheduled;
  private boolean ended;

  /** Something was written since {@link #tookNothing} was asked last. */
  private boolean moved;

  Outflow(ServerCallStreamObserver<R> caller, Executor egress) {
    this.caller = caller;
    this.egress = egress;
    caller.setOnReadyHandler(this::schedule);
  }

  /** The next message, of what has gathered; null: nothing has. Under the lock. */
  abstract @Nullable R gather();

  /** True when nothing comes after what was gathered last. Under the lock. */
  abstract boolean isLast();

  /** True when the rest must go out even if the wire is slow. Under the lock. */
  boolean isUrgent() {
    return false;
  }

  /** How the stream ends after its last message; null: well. The last message is not sent then. */
  @Nullable StatusRuntimeException failure() {
    return null;
  }

  /** What to do when the stream has ended, whoever ended it. */
  final void whenEnded(Runnable handler) {
    whenEnded = handler;
  }

  /**
   * Ends when the caller goes away. Within the call that opens the stream.
   *
   * @param handler what to do when the stream has ended, whoever ended it; at once, if it has. Safe
   *     to run twice
   */
  final void endWithCaller(Runnable handler) {
    caller.setOnCancelHandler(this::cancelled);
    boolean over;
    synchronized (this) {
      whenEnded = handler;
      over = ended;
    }
    if (over || caller.isCancelled()) {
      cancelled();
    }
  }

  private void cancelled() {
    end();
    whenEnded.run();
  }

  /** True when the wire took nothing since the last call, and takes nothing now. */
  final synchronized boolean tookNothing() {
    boolean nothing = !moved && !ended && !caller.isReady();
    moved = false;
    return nothing;
  }

  /** The call is over: nothing can be sent any more. */
  synchronized void end() {
    ended = true;
  }

  /** Something has gathered. */
  final void schedule() {
    synchronized (this) {
      if (scheduled || ended) {
        return;
      }
      scheduled = true;
    }
    egress.execute(this::drain);
  }

  private void drain() {
    try {
      send();
    } catch (RuntimeException e) {
      // Without a word the caller would wait for ever.
      end();
      caller.onError(Refusals.broken("the master cannot go on with this stream", e));
      whenEnded.run();
    }
  }

  private void send() {
    boolean last = false;
    while (!last) {
      R message;
      synchronized (this) {
        // Not ready: the wire is slower than we are; gRPC calls again when it has caught up.
        message = ended || !(caller.isReady() || isUrgent()) ? null : gather();
        if (message == null) {
          scheduled = false;
          return;
        }
        last = isLast();
        ended = last;
        moved = true;
      }
      StatusRuntimeException failure = last ? failure() : null;
      if (failure != null) {
        caller.onError(failure);
      } else {
        caller.onNext(message);
        if (last) {
          caller.onCompleted();
        }
      }
    }
    whenEnded.run();
  }
}
