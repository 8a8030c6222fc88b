package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;

/**
 * A pipelined producer. So much of it is under way at a time; more is read when something is
 * answered. What counts is bytes: many small requests have to fit into one entry of the log, as few
 * large ones do. What one entry of the log brings about is told in one message.
 */
final class EnqueueStream implements StreamObserver<EnqueueFrame>, TasksService.EnqueueReceiver {
  /** Requests that are read, and frames that may come; as many as a producer leaves unanswered. */
  private static final int UNDER_WAY_MAX = Limits.OUTSTANDING_REQUESTS_MAX;

  /** No more are asked for while so much is under way, bytes. */
  private static final long UNDER_WAY_BYTES_MAX = 4L << 20;

  /** So many frames are asked for at a time: each may be as large as a message can be. */
  private static final int ASKED_MAX = 16;

  /** Replies are sent when they have so many bytes. */
  private static final int REPLIES_BYTES = 64 << 10;

  private final ServerCallStreamObserver<EnqueueReplies> caller;
  private final TasksService service;

  // Guarded by this: replies come from several threads, and gRPC wants one at a time.
  private int underWay;
  private long underWayBytes;
  private int asked;
  private boolean halfClosed;
  private boolean ended;
  private EnqueueReplies.Builder replies = EnqueueReplies.newBuilder();
  private int repliesBytes;

  EnqueueStream(ServerCallStreamObserver<EnqueueReplies> caller, TasksService service) {
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
  public void onNext(EnqueueFrame frame) {
    List<EnqueueRequest> requests = frame.getRequestsList();
    synchronized (this) {
      asked--;
      underWay += requests.size();
      if (underWay > UNDER_WAY_MAX) {
        refuse(underWay);
        return;
      }
      for (int i = 0; i < requests.size(); i++) {
        underWayBytes += requests.get(i).getSerializedSize();
      }
      ask();
    }
    for (int i = 0; i < requests.size(); i++) {
      service.enqueue(requests.get(i), true, this);
    }
  }

  private synchronized void refuse(int unanswered) {
    if (!ended) {
      ended = true;
      caller.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "expected at most "
                      + UNDER_WAY_MAX
                      + " unanswered requests on a stream, found "
                      + unanswered
                      + ": send more when some are answered")
              .asRuntimeException());
    }
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
    gather(request, reply(request.getRequest().getNumber(), enqueued));
  }

  @Override
  public synchronized void refused(EnqueueRequest request, Outcome.Refused refused) {
    gather(
        request,
        EnqueueReply.newBuilder()
            .setNumber(request.getRequest().getNumber())
            .setRefusal(Refusals.message(refused))
            .build());
    send();
  }

  @Override
  public synchronized void entryApplied() {
    send();
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

  private synchronized void gather(EnqueueRequest request, EnqueueReply reply) {
    underWay--;
    underWayBytes -= request.getSerializedSize();
    replies.addReplies(reply);
    repliesBytes += reply.getSerializedSize();
    if (repliesBytes >= REPLIES_BYTES) {
      send();
    }
  }

  private synchronized void send() {
    if (replies.getRepliesCount() == 0) {
      return;
    }
    EnqueueReplies gathered = replies.build();
    replies = EnqueueReplies.newBuilder();
    repliesBytes = 0;
    if (!ended) {
      caller.onNext(gathered);
      ask();
      completeWhenDone();
    }
  }

  private void completeWhenDone() {
    if (halfClosed && underWay == 0 && replies.getRepliesCount() == 0 && !ended) {
      ended = true;
      caller.onCompleted();
    }
  }
}
