package dev.muster.client;

import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.Refusal;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.jspecify.annotations.Nullable;

/**
 * One {@code EnqueueStream} call from its opening to its end. Replies are handled on gRPC's event
 * loop, which also sends what gathered: an answer costs no other thread.
 */
final class EnqueueConnection implements ClientResponseObserver<EnqueueFrame, EnqueueReplies> {
  /** Told once, on the event loop: why the stream ended. */
  interface EndListener {
    void ended(EnqueueConnection connection, Throwable reason, boolean hadReply);
  }

  private final EnqueuePipeline pipeline;
  private final EndListener listener;
  private @Nullable ClientCallStreamObserver<EnqueueFrame> requests;
  private boolean hadReply;
  private volatile boolean over;

  private EnqueueConnection(EnqueuePipeline pipeline, EndListener listener) {
    this.pipeline = pipeline;
    this.listener = listener;
  }

  /** Opens the call; it is in use when this returns. */
  static void open(Channel channel, EnqueuePipeline pipeline, EndListener listener) {
    EnqueueConnection connection = new EnqueueConnection(pipeline, listener);
    // Direct: replies are short work, and a hop to another thread costs more than they do.
    var unused = TasksGrpc.newStub(channel).withExecutor(Runnable::run).enqueueStream(connection);
    pipeline.connected(connection);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<EnqueueFrame> requestStream) {
    requests = requestStream;
    requestStream.setOnReadyHandler(pipeline::wake);
  }

  boolean isReady() {
    ClientCallStreamObserver<EnqueueFrame> to = requests;
    return to != null && to.isReady();
  }

  boolean isOver() {
    return over;
  }

  /** One thread at a time. A stream that is already over drops it; it is sent again later. */
  void send(EnqueueFrame frame) {
    ClientCallStreamObserver<EnqueueFrame> to = requests;
    if (to == null) {
      throw new IllegalStateException("sent before the start");
    }
    try {
      to.onNext(frame);
    } catch (IllegalStateException e) {
      pipeline.disconnected(this); // cancelled or closed under us
    }
  }

  /** The client goes: no more requests. */
  void end() {
    ClientCallStreamObserver<EnqueueFrame> to = requests;
    if (to != null) {
      to.cancel("the client is closed", null);
    }
  }

  @Override
  public void onNext(EnqueueReplies replies) {
    if (over) {
      return;
    }
    Refusal later = pipeline.answered(this, replies);
    if (later != null) {
      ClientCallStreamObserver<EnqueueFrame> to = requests;
      finish(Status.UNAVAILABLE.withDescription(later.getMessage()).asRuntimeException());
      if (to != null) {
        to.cancel("the master asked to try again later", null);
      }
      return;
    }
    hadReply = true;
  }

  @Override
  public void onError(Throwable reason) {
    finish(reason);
  }

  @Override
  public void onCompleted() {
    finish(Status.UNAVAILABLE.withDescription("the master closed the stream").asRuntimeException());
  }

  private void finish(Throwable reason) {
    if (!over) {
      over = true;
      listener.ended(this, reason, hadReply);
    }
  }
}
