package dev.muster.master.rpc;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.LongFunction;

/**
 * Does one thing to all tasks that match, a bounded number in each command: others' commands come
 * in between. Ends early when the caller goes away; what is done stays done, and the same request,
 * sent again, goes on from there.
 */
final class Sweep<R> implements Reply {
  private final Proposer proposer;
  private final Bulk template;
  private final ServerCallStreamObserver<R> caller;
  private final LongFunction<R> answer;

  // One reply at a time, each before the next command: no lock.
  private long count;

  private Sweep(
      Proposer proposer,
      Bulk template,
      ServerCallStreamObserver<R> caller,
      LongFunction<R> answer) {
    this.proposer = proposer;
    this.template = template;
    this.caller = caller;
    this.answer = answer;
  }

  /**
   * @param what to do, to which tasks, without a cursor
   * @param answer the reply to so many tasks changed
   */
  static <R> void run(
      Proposer proposer, Bulk what, StreamObserver<R> caller, LongFunction<R> answer) {
    new Sweep<>(proposer, what, (ServerCallStreamObserver<R>) caller, answer)
        .from(ByteString.EMPTY);
  }

  private void from(ByteString cursor) {
    Command command = Command.newBuilder().setBulk(template.toBuilder().setCursor(cursor)).build();
    UnaryReply.propose(proposer, command, this, caller);
  }

  @Override
  public void applied(Outcome outcome) {
    if (outcome instanceof Outcome.Refused refused) {
      caller.onError(Refusals.status(refused));
      return;
    }
    Outcome.Bulked bulked = (Outcome.Bulked) outcome;
    count = template.hasRequest() ? bulked.count() : count + bulked.count();
    if (!bulked.cursor().isEmpty() && !caller.isCancelled()) {
      from(bulked.cursor());
    } else {
      caller.onNext(answer.apply(count));
      caller.onCompleted();
    }
  }

  @Override
  public void unknown(String why) {
    caller.onError(Refusals.unavailable(why));
  }
}
