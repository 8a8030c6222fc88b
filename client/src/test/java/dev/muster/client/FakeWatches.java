package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** The watches of a {@link FakeMaster}: all of them hear what the test tells. */
final class FakeWatches {
  @GuardedBy("this")
  private final List<StreamObserver<WatchReply>> open = new ArrayList<>();

  /** As they came; each can be told something when it is here. */
  final BlockingQueue<WatchRequest> requests = new LinkedBlockingQueue<>();

  /** A client cancelled its call. */
  final CountDownLatch cancelled = new CountDownLatch(1);

  synchronized void watch(WatchRequest request, StreamObserver<WatchReply> replies) {
    ((ServerCallStreamObserver<WatchReply>) replies)
        .setOnCancelHandler(
            () -> {
              forget(replies);
              cancelled.countDown();
            });
    open.add(replies);
    requests.add(request);
  }

  synchronized void tell(WatchReply reply) {
    open.forEach(replies -> replies.onNext(reply));
  }

  synchronized void breakAll(Status status) {
    open.forEach(replies -> replies.onError(status.asRuntimeException()));
    open.clear();
  }

  private synchronized void forget(StreamObserver<WatchReply> replies) {
    open.remove(replies);
  }
}
