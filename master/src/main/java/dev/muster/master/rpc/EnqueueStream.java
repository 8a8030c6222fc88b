package dev.muster.master.rpc;

import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * A pipelined producer. So many requests of it are under way at a time; the next one is read when
 * one is answered.
 */
final class EnqueueStream implements StreamObserver<EnqueueRequest>, TasksService.EnqueueReceiver {
  private static final int UNDER_WAY_MAX = 16;

  private final ServerCallStreamObserver<EnqueueReply> caller;
  private final TasksService service;

  // Guarded by this: replies come from several threads, and gRPC wants one at a time.
  private int underWay;
  private boolean halfClosed;
  private boolean ended;

  EnqueueStream(ServerCallStreamObserver<EnqueueReply> caller, TasksService service) {
    this.caller = caller;
    this.service = service;
    caller.disableAutoRequest();
    caller.setOnCancelHandler(this::end);
    caller.request(UNDER_WAY_MAX);
  }

  private synchronized void end() {
    ended = true;
  }

  @Override
  public void onNext(EnqueueRequest request) {
    synchronized (this) {
      underWay++;
    }
    service.enqueue(request, true, this);
  }

  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    completeWhenDone();
  }

  @Override
  public void enqueued(EnqueueRequest request, Outcome.Enqueued enqueued) {
    reply(reply(request.getRequest().getNumber(), enqueued));
  }

  @Override
  public void refused(EnqueueRequest request, Outcome.Refused refused) {
    reply(
        EnqueueReply.newBuilder()
            .setNumber(request.getRequest().getNumber())
            .setRefusal(Refusals.message(refused))
            .build());
  }

  /** How a caller hears of tasks that were added. */
  static EnqueueReply reply(long number, Outcome.Enqueued enqueued) {
    return EnqueueReply.newBuilder()
        .setNumber(number)
        .setFirstId(enqueued.firstId())
        .setCount(enqueued.count())
        .addAllIds(enqueued.ids())
        .setExisting(enqueued.existing())
        .build();
  }

  private synchronized void reply(EnqueueReply reply) {
    underWay--;
    if (!ended) {
      caller.onNext(reply);
      caller.request(1);
      completeWhenDone();
    }
  }

  private void completeWhenDone() {
    if (halfClosed && underWay == 0 && !ended) {
      ended = true;
      caller.onCompleted();
    }
  }
}
