package dev.muster.client;

import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.ListWorkersRequest;
import dev.muster.proto.v1.WorkerInfo;
import dev.muster.proto.v1.WorkersGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** The workers of a {@link FakeMaster}: none but those that a test names. */
final class FakeWorkers extends WorkersGrpc.WorkersImplBase {
  private final List<WorkerInfo> workers = new CopyOnWriteArrayList<>();

  /** As they came. */
  final BlockingQueue<ListWorkersRequest> requests = new LinkedBlockingQueue<>();

  void add(String... handlers) {
    workers.add(
        WorkerInfo.newBuilder()
            .setSession(workers.size() + 1)
            .setConnected(true)
            .setSlots(1)
            .addAllHandlers(List.of(handlers))
            .build());
  }

  /** All that were there have gone. */
  void leave() {
    workers.clear();
  }

  @Override
  public void listWorkers(ListWorkersRequest request, StreamObserver<ListWorkersReply> reply) {
    requests.add(request);
    reply.onNext(ListWorkersReply.newBuilder().addAllWorkers(workers).build());
    reply.onCompleted();
  }
}
