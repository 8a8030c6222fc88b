package dev.muster.worker;

import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.WorkGrpc;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** One {@code Work} call from its opening to its end. Frames are handled on gRPC's event loop. */
final class SessionStream implements ClientResponseObserver<WorkerFrame, MasterFrame> {
  private final WorkerSession session;
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile @Nullable ClientCallStreamObserver<WorkerFrame> frames;
  private volatile @Nullable Throwable failure;
  private final CountDownLatch decided = new CountDownLatch(1);
  private volatile boolean welcomed;
  private volatile boolean accepted;
  private volatile boolean abandoned;

  SessionStream(WorkerSession session) {
    this.session = session;
  }

  void open(Channel channel) {
    // Direct: a frame only moves offers to the local queue and wakes a slot.
    var unused = WorkGrpc.newStub(channel).withExecutor(Runnable::run).work(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WorkerFrame> requestStream) {
    frames = requestStream;
    requestStream.setOnReadyHandler(session::flush);
  }

  boolean isReady() {
    ClientCallStreamObserver<WorkerFrame> to = frames;
    return to != null && to.isReady();
  }

  /** One thread at a time. A stream that is over drops the frame: its settlements go again. */
  void send(WorkerFrame frame) {
    ClientCallStreamObserver<WorkerFrame> to = frames;
    if (to == null) {
      throw new IllegalStateException("sent before the start");
    }
    try {
      to.onNext(frame);
    } catch (IllegalStateException e) {
      finish(Status.UNAVAILABLE.withDescription("the stream is closed").asRuntimeException());
    }
  }

  /** Gives the stream up: the worker knows why. */
  void abort(String reason) {
    finish(Status.UNAVAILABLE.withDescription(reason).asRuntimeException());
    ClientCallStreamObserver<WorkerFrame> to = frames;
    if (to != null) {
      to.cancel(reason, null);
    }
  }

  /** Gives the stream up, and with it the transport that it runs on: nothing comes through. */
  void abandon(String reason) {
    abandoned = true;
    abort(reason);
  }

  /** Whether its transport is dead too. */
  boolean wasAbandoned() {
    return abandoned;
  }

  /** Says that nothing more comes. */
  void complete() {
    ClientCallStreamObserver<WorkerFrame> to = frames;
    if (to != null && end.getCount() > 0) {
      try {
        to.onCompleted();
      } catch (IllegalStateException e) {
        finish(null);
      }
    }
  }

  @Override
  public void onNext(MasterFrame frame) {
    if (end.getCount() > 0) {
      welcomed |= frame.hasWelcome();
      session.received(this, frame);
    }
  }

  @Override
  public void onError(Throwable reason) {
    finish(reason);
  }

  @Override
  public void onCompleted() {
    finish(null);
  }

  private void finish(@Nullable Throwable reason) {
    if (end.getCount() > 0) {
      failure = reason;
      end.countDown();
      decided.countDown();
    }
  }

  /** Waits for the end; null: the master closed the stream. */
  @Nullable Throwable awaitEnd() throws InterruptedException {
    end.await();
    return failure;
  }

  /** The session goes on, or begins, on this stream. */
  void accept() {
    accepted = true;
    decided.countDown();
  }

  /** Waits for the welcome; false: the stream ended, or the session was lost, before. */
  boolean awaitAccepted() throws InterruptedException {
    decided.await();
    return accepted;
  }

  boolean wasWelcomed() {
    return welcomed;
  }
}
