package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * A pipelined producer. So much of it is under way at a time; more is read when something is
 * answered. What counts is bytes: many small requests have to fit into one entry of the log, as few
 * large ones do.
 */
final class EnqueueStream implements StreamObserver<EnqueueRequest>, TasksService.EnqueueReceiver {
  /** Requests that are read or may come; as many as a producer leaves unanswered. */
  private static final int UNDER_WAY_MAX = Limits.OUTSTANDING_REQUESTS_MAX;

  /** No more are asked for while so much is under way, bytes. */
  private static final long UNDER_WAY_BYTES_MAX = 4L << 20;

  /** So many are asked for at a time: each may be as large as a message can be. */
  private static final int ASKED_MAX = 16;

  private final ServerCallStreamObserver<EnqueueReply> caller;
  private final TasksService service;

  // Guarded by this: replies come from several threads, and gRPC wants one at a time.
  private int underWay;
  private long underWayBytes;
  private int asked;
  private boolean halfClosed;
  private boolean ended;

  EnqueueStream(ServerCallStreamObserver<EnqueueReply> caller, TasksService service) {
    this.caller = caller;
    this.service = service;
    caller.disableAutoRequest();
    caller.setOnCancelHandler(this::end);
    ask();
  }

  /** Not one by one: asking costs a turn of the connection's thread. */
  private synchronized void ask() {
    if (asked <= ASKED_MAX / 2
        && underWay + asked < UNDER_WAY_MAX
        && underWayBytes < UNDER_WAY_BYTES_MAX) {
      int more = Math.min(ASKED_MAX - asked, UNDER_WAY_MAX - underWay - asked);
      asked += more;
      caller.request(more);
    }
  }

  private synchronized void end() {
    ended = true;
  }

  @Override
  public void onNext(EnqueueRequest request) {
    synchronized (this) {
      asked--;
      underWay++;
      underWayBytes += request.getSerializedSize();
      ask();
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
    reply(request, reply(request.getRequest().getNumber(), enqueued));
  }

  @Override
  public void refused(EnqueueRequest request, Outcome.Refused refused) {
    reply(
        request,
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

  private synchronized void reply(EnqueueRequest request, EnqueueReply reply) {
    underWay--;
    underWayBytes -= request.getSerializedSize();
    if (!ended) {
      caller.onNext(reply);
      ask();
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
