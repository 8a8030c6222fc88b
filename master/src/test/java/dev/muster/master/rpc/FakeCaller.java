package dev.muster.master.rpc;

import dev.muster.proto.v1.RefusalReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A caller that notes what it is told; whether it is ready is in the test's hand. */
final class FakeCaller<R> extends ServerCallStreamObserver<R> {
  final List<R> replies = new ArrayList<>();
  boolean ready = true;

  /** A wire that takes one message at a time: not ready after it, until {@link #becomeReady}. */
  boolean pauseAfterEach;

  /** Messages that it was asked for. */
  int asked;

  boolean cancelled;
  boolean completed;
  @Nullable Throwable error;
  Runnable onReady = () -> {};
  Runnable onCancel = () -> {};

  /** Why it was refused. */
  RefusalReason reason() {
    StatusRuntimeException refused = (StatusRuntimeException) Objects.requireNonNull(error);
    try {
      return RefusalReason.valueOf(
          Objects.requireNonNull(StatusProto.fromThrowable(refused))
              .getDetails(0)
              .unpack(com.google.rpc.ErrorInfo.class)
              .getReason());
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  void becomeReady() {
    ready = true;
    onReady.run();
  }

  void goAway() {
    cancelled = true;
    onCancel.run();
  }

  @Override
  public void onNext(R reply) {
    replies.add(reply);
    ready = ready && !pauseAfterEach;
  }

  @Override
  public void onError(Throwable failure) {
    error = failure;
  }

  @Override
  public void onCompleted() {
    completed = true;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public boolean isReady() {
    return ready;
  }

  @Override
  public void setOnCancelHandler(Runnable handler) {
    onCancel = handler;
  }

  @Override
  public void setOnReadyHandler(Runnable handler) {
    onReady = handler;
  }

  @Override
  public void setCompression(String compression) {}

  @Override
  public void disableAutoInboundFlowControl() {}

  @Override
  public void disableAutoRequest() {}

  @Override
  public void request(int count) {
    asked += count;
  }

  @Override
  public void setMessageCompression(boolean enable) {}
}
