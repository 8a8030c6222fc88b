package dev.muster.client;

import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
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
final class EnqueueConnection implements ClientResponseObserver<EnqueueRequest, EnqueueReply> {
  /** Told once, on the event loop: why the stream ended. */
  interface EndListener {
    void ended(EnqueueConnection connection, Throwable reason, boolean hadReply);
  }

  private final EnqueuePipeline pipeline;
  private final EndListener listener;
  private @Nullable ClientCallStreamObserver<EnqueueRequest> requests;
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
  public void beforeStart(ClientCallStreamObserver<EnqueueRequest> requestStream) {
    requests = requestStream;
    requestStream.setOnReadyHandler(pipeline::wake);
  }

  boolean isReady() {
    ClientCallStreamObserver<EnqueueRequest> to = requests;
    return to != null && to.isReady();
  }

  boolean isOver() {
    return over;
  }

  /** One thread at a time. A stream that is already over drops it; it is sent again later. */
  void send(EnqueueRequest request) {
    ClientCallStreamObserver<EnqueueRequest> to = requests;
    if (to == null) {
      throw new IllegalStateException("sent before the start");
    }
    try {
      to.onNext(request);
    } catch (IllegalStateException e) {
      pipeline.disconnected(this); // cancelled or closed under us
    }
  }

  /** The client goes: no more requests. */
  void end() {
    ClientCallStreamObserver<EnqueueRequest> to = requests;
    if (to != null) {
      to.cancel("the client is closed", null);
    }
  }

  @Override
  public void onNext(EnqueueReply reply) {
    if (over) {
      return;
    }
    if (!pipeline.answered(this, reply)) {
      ClientCallStreamObserver<EnqueueRequest> to = requests;
      finish(
          Status.UNAVAILABLE.withDescription(reply.getRefusal().getMessage()).asRuntimeException());
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
