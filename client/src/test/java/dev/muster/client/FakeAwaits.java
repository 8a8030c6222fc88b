package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.TaskResult;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** The awaits of a {@link FakeMaster}. */
final class FakeAwaits {
  @GuardedBy("this")
  private final Map<Long, TaskResult> results = new HashMap<>();

  @GuardedBy("this")
  private final List<Waiting> open = new ArrayList<>();

  /** As they came. */
  final BlockingQueue<AwaitRequest> requests = new LinkedBlockingQueue<>();

  private record Waiting(Set<Long> ids, boolean any, StreamObserver<AwaitReply> replies) {}

  synchronized void await(AwaitRequest request, StreamObserver<AwaitReply> replies) {
    Set<Long> missing = new HashSet<>(request.getIdsList());
    AwaitReply.Builder known = AwaitReply.newBuilder();
    for (Long id : new LinkedHashSet<>(request.getIdsList())) {
      TaskResult result = results.get(id);
      if (result != null) {
        known.addResults(result);
        missing.remove(id);
      }
    }
    if (known.getResultsCount() > 0) {
      replies.onNext(known.build());
    }
    if (missing.isEmpty() || (request.getAny() && known.getResultsCount() > 0)) {
      replies.onCompleted();
    } else {
      ((ServerCallStreamObserver<AwaitReply>) replies).setOnCancelHandler(() -> forget(replies));
      open.add(new Waiting(missing, request.getAny(), replies));
    }
    requests.add(request);
  }

  synchronized void finish(TaskResult result) {
    results.put(result.getId(), result);
    for (Waiting waiting : List.copyOf(open)) {
      if (waiting.ids().remove(result.getId())) {
        waiting.replies().onNext(AwaitReply.newBuilder().addResults(result).build());
        if (waiting.ids().isEmpty() || waiting.any()) {
          open.remove(waiting);
          waiting.replies().onCompleted();
        }
      }
    }
  }

  synchronized void breakAll() {
    for (Waiting waiting : open) {
      waiting.replies().onError(Status.UNAVAILABLE.asRuntimeException());
    }
    open.clear();
  }

  private synchronized void forget(StreamObserver<AwaitReply> cancelled) {
    open.removeIf(waiting -> waiting.replies().equals(cancelled));
  }
}
