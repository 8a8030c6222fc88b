package dev.muster.master.rpc;

import dev.muster.master.dispatch.WorkerStream;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.Welcome;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One worker's stream, outbound: whatever gathers while a frame is being written goes into the next
 * one. What it may hold is bounded by the worker's credit.
 */
final class FrameOutbox implements WorkerStream {
  /** A frame takes offers until it holds so many bytes; one lease fits always. */
  private static final long FRAME_BYTES = 1 << 20;

  private final ServerCallStreamObserver<MasterFrame> caller;
  private final Executor egress;
  private volatile Runnable whenEnded = () -> {};

  // Guarded by this.
  private final ArrayDeque<Offer> offers = new ArrayDeque<>();
  private final List<RefusedAttempt> refused = new ArrayList<>();
  private final List<Long> cancelled = new ArrayList<>();
  private @Nullable Welcome welcome;
  private long settledUpto;
  private boolean heartbeat;
  private boolean expired;
  private boolean finish;
  private @Nullable StatusRuntimeException failure;
  private boolean scheduled;
  private boolean ended;

  FrameOutbox(ServerCallStreamObserver<MasterFrame> caller, Executor egress) {
    this.caller = caller;
    this.egress = egress;
    caller.setOnReadyHandler(this::schedule);
  }

  /** What to do when the master ends the stream. */
  void whenEnded(Runnable handler) {
    whenEnded = handler;
  }

  void welcome(Welcome message) {
    synchronized (this) {
      welcome = message;
    }
    schedule();
  }

  @Override
  public void offer(List<Offer> more) {
    synchronized (this) {
      offers.addAll(more);
    }
    schedule();
  }

  @Override
  public void settled(long upto, List<RefusedAttempt> more) {
    synchronized (this) {
      settledUpto = Math.max(settledUpto, upto);
      refused.addAll(more);
    }
    schedule();
  }

  @Override
  public void cancelled(List<Long> ids) {
    synchronized (this) {
      cancelled.addAll(ids);
    }
    schedule();
  }

  @Override
  public void heartbeat() {
    synchronized (this) {
      heartbeat = true;
    }
    schedule();
  }

  @Override
  public void expired() {
    synchronized (this) {
      expired = true;
      finish = true;
    }
    schedule();
  }

  @Override
  public void finish() {
    synchronized (this) {
      finish = true;
    }
    schedule();
  }

  void fail(StatusRuntimeException why) {
    synchronized (this) {
      failure = why;
      finish = true;
    }
    schedule();
  }

  /** The call is over: nothing can be sent any more. */
  synchronized void end() {
    ended = true;
    offers.clear();
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
      MasterFrame frame;
      boolean last;
      synchronized (this) {
        // Not ready: the wire is slower than we are; gRPC calls again when it has caught up.
        if (ended || !hasWork() || (!caller.isReady() && !finish)) {
          scheduled = false;
          return;
        }
        frame = gather();
        last = finish && offers.isEmpty();
        ended = last;
      }
      if (last && failure != null) {
        caller.onError(failure);
      } else {
        caller.onNext(frame);
        if (last) {
          caller.onCompleted();
        }
      }
      if (last) {
        whenEnded.run();
      }
    }
  }

  private boolean hasWork() {
    return !offers.isEmpty()
        || welcome != null
        || settledUpto > 0
        || !refused.isEmpty()
        || !cancelled.isEmpty()
        || heartbeat
        || finish;
  }

  private MasterFrame gather() {
    MasterFrame.Builder frame =
        MasterFrame.newBuilder()
            .setSettledUpto(settledUpto)
            .addAllRefused(refused)
            .addAllCancelledIds(cancelled)
            .setSessionExpired(expired);
    if (welcome != null) {
      frame.setWelcome(welcome);
    }
    for (long bytes = 0; bytes < FRAME_BYTES && !offers.isEmpty(); ) {
      int next = offers.element().getSerializedSize();
      if (bytes > 0 && bytes + next > FRAME_BYTES) {
        break;
      }
      bytes += next;
      frame.addOffers(offers.remove());
    }
    welcome = null;
    settledUpto = 0;
    refused.clear();
    cancelled.clear();
    heartbeat = false;
    return frame.build();
  }
}
