package dev.muster.client;

import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * One {@code Await} call. Its replies run on the common pool, for they complete futures of users.
 */
final class AwaitCall implements ClientResponseObserver<AwaitRequest, AwaitReply> {
  /** Told on the common pool, one call at a time. */
  interface Listener {
    void results(AwaitCall call, List<TaskResult> results);

    /** The call is over; without a failure the master ended it. */
    void ended(AwaitCall call, @Nullable Throwable failure);
  }

  private final Set<Long> remaining;
  private final AwaitRequest request;
  private final Listener listener;
  private @Nullable ClientCallStreamObserver<AwaitRequest> starting;
  private volatile @Nullable ClientCallStreamObserver<AwaitRequest> requests;
  private volatile boolean cancelled;

  AwaitCall(Set<Long> ids, Listener listener) {
    this.remaining = ids;
    this.request = AwaitRequest.newBuilder().addAllIds(ids).build();
    this.listener = listener;
  }

  /** Guarded by the listener's owner. */
  Set<Long> remaining() {
    return remaining;
  }

  void start(Channel channel) {
    TasksGrpc.newStub(channel).withExecutor(ForkJoinPool.commonPool()).await(request, this);
    // Only now may others cancel it: a call that is cancelled while its request is sent throws.
    requests = starting;
    if (cancelled) {
      cancel();
    }
  }

  void cancel() {
    cancelled = true;
    ClientCallStreamObserver<AwaitRequest> call = requests;
    if (call != null) {
      call.cancel("no longer awaited by this call", null);
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<AwaitRequest> requestStream) {
    starting = requestStream;
  }

  @Override
  public void onNext(AwaitReply reply) {
    listener.results(this, reply.getResultsList());
  }

  @Override
  public void onError(Throwable failure) {
    listener.ended(this, failure);
  }

  @Override
  public void onCompleted() {
    listener.ended(this, null);
  }
}
