package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.dispatch.WorkerStream;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.Welcome;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One worker's stream, outbound: whatever gathers while a frame is being written goes into the next
 * one. What it may hold is bounded by the worker's credit.
 */
final class FrameOutbox extends Outflow<MasterFrame> implements WorkerStream {
  /** A frame takes offers until it holds so many bytes; one lease fits always. */
  private static final long FRAME_BYTES = 1 << 20;

  // Guarded by this.
  private final ArrayDeque<Offer> offers = new ArrayDeque<>();
  private final List<RefusedAttempt> refused = new ArrayList<>();
  private final List<Long> cancelled = new ArrayList<>();

  /** By task: one that is called off twice is told of once. */
  private final Map<Long, StopAttempt> stops = new LinkedHashMap<>();

  private final Set<Long> stacksWanted = new LinkedHashSet<>();

  private @Nullable Welcome welcome;
  private long settledUpto;
  private boolean heartbeat;
  private boolean drain;
  private boolean kill;
  private boolean expired;
  private boolean finish;
  private @Nullable StatusRuntimeException failure;

  FrameOutbox(ServerCallStreamObserver<MasterFrame> caller, Executor egress) {
    super(caller, egress);
  }

  /**
   * In one frame: told apart, a worker could say of what it has lost that it starts it.
   *
   * @param lost what it thinks it holds, and does not
   */
  void welcome(Welcome message, List<Long> lost) {
    synchronized (this) {
      welcome = message;
      cancelled.addAll(lost);
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
  public void stop(long id, long token) {
    synchronized (this) {
      stops.put(
          id,
          StopAttempt.newBuilder()
              .setId(id)
              .setToken(token)
              .setInterruptAfterMs(Limits.STOP_INTERRUPT_AFTER_MS)
              .setAbandonAfterMs(Limits.STOP_ABANDON_AFTER_MS)
              .build());
    }
    schedule();
  }

  @Override
  public void drain() {
    synchronized (this) {
      drain = true;
    }
    schedule();
  }

  @Override
  public void kill() {
    synchronized (this) {
      kill = true;
    }
    schedule();
  }

  @Override
  public void stackWanted(long id) {
    synchronized (this) {
      stacksWanted.add(id);
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
  public boolean isStuck() {
    return tookNothing();
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

  @Override
  synchronized void end() {
    super.end();
    offers.clear();
  }

  @Override
  boolean isLast() {
    return finish && offers.isEmpty();
  }

  @Override
  boolean isUrgent() {
    return finish;
  }

  @Override
  @Nullable StatusRuntimeException failure() {
    return failure;
  }

  private boolean hasWork() {
    return !offers.isEmpty()
        || welcome != null
        || settledUpto > 0
        || !refused.isEmpty()
        || !cancelled.isEmpty()
        || !stops.isEmpty()
        || !stacksWanted.isEmpty()
        || drain
        || kill
        || heartbeat
        || finish;
  }

  @Override
  @Nullable MasterFrame gather() {
    if (!hasWork()) {
      return null;
    }
    MasterFrame.Builder frame =
        MasterFrame.newBuilder()
            .setSettledUpto(settledUpto)
            .addAllRefused(refused)
            .addAllCancelledIds(cancelled)
            .addAllStop(stops.values())
            .addAllStackWanted(stacksWanted)
            .setDrain(drain)
            .setKill(kill)
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
    stops.clear();
    stacksWanted.clear();
    drain = false;
    kill = false;
    heartbeat = false;
    return frame.build();
  }
}
