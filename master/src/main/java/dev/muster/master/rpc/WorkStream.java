package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.Welcome;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * One worker's stream, inbound: checks each frame and hands it to the session. gRPC's thread for
 * this call.
 */
final class WorkStream implements StreamObserver<WorkerFrame> {
  /** Frames of one worker under way at a time. */
  private static final int UNDER_WAY_MAX = 8;

  private final ServerCallStreamObserver<?> caller;
  private final FrameOutbox outbox;
  private final Proposer proposer;
  private final Sessions sessions;
  private boolean greeted;

  // Guarded by this: the session is opened on the apply thread, and the stream may end meanwhile.
  private Sessions.@Nullable Handle handle;
  private boolean ended;

  WorkStream(
      ServerCallStreamObserver<?> caller,
      FrameOutbox outbox,
      Proposer proposer,
      Sessions sessions) {
    this.caller = caller;
    this.outbox = outbox;
    this.proposer = proposer;
    this.sessions = sessions;
    caller.disableAutoRequest();
    caller.setOnCancelHandler(this::end);
    outbox.whenEnded(this::end);
    caller.request(1);
  }

  @Override
  public void onNext(WorkerFrame frame) {
    Outcome.Refused refused = WorkerCheck.frame(frame, !greeted);
    if (refused != null) {
      outbox.fail(Refusals.status(refused));
      return;
    }
    if (!greeted) {
      greeted = true;
      // No frame is read before the session is open.
      proposer.execute(() -> sessions.open(outbox, frame.getHello(), new Opening(frame)));
      return;
    }
    Sessions.Handle open = handle();
    if (open != null) {
      open.frame(frame, () -> caller.request(1));
    }
  }

  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public void onCompleted() {
    outbox.finish();
  }

  private void end() {
    Sessions.Handle open;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      open = handle;
    }
    outbox.end();
    if (open != null) {
      open.ended();
    }
  }

  /**
   * Null: the session is not open yet, or what comes is a sign of life of a stream that is over.
   */
  private synchronized Sessions.@Nullable Handle handle() {
    return ended ? null : handle;
  }

  /** What came of the hello. The apply thread. */
  private final class Opening implements Sessions.HelloListener {
    private final Hello hello;
    private final WorkerFrame rest;

    Opening(WorkerFrame first) {
      this.hello = first.getHello();
      this.rest = first.toBuilder().clearHello().build();
    }

    @Override
    public void opened(Sessions.Handle opened, Outcome.Opened outcome) {
      boolean endedMeanwhile;
      synchronized (WorkStream.this) {
        handle = opened;
        endedMeanwhile = ended;
      }
      if (endedMeanwhile) {
        opened.ended();
        return;
      }
      outbox.welcome(
          Welcome.newBuilder()
              .setResumed(outcome.resumed())
              .setSettledUpto(outcome.settledUpto())
              .setHeartbeatIntervalMs(Limits.HEARTBEAT_INTERVAL_MS)
              .setSessionTimeoutMs(Limits.SESSION_TIMEOUT_MS)
              .build(),
          outcome.lostIds());
      opened.frame(rest, () -> {});
      caller.request(UNDER_WAY_MAX);
    }

    @Override
    public void expired() {
      outbox.expired();
    }

    @Override
    public void unavailable(String why) {
      outbox.fail(
          Status.UNAVAILABLE
              .withDescription("worker " + hello.getName() + ": " + why)
              .asRuntimeException());
    }
  }
}
