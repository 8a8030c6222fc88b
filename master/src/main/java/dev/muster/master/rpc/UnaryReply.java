package dev.muster.master.rpc;

import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Outcome;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import io.grpc.stub.StreamObserver;

/** Answers a unary call with the outcome of one command. */
abstract class UnaryReply<R> implements Reply {
  private final StreamObserver<R> caller;

  UnaryReply(StreamObserver<R> caller) {
    this.caller = caller;
  }

  /** The reply to an outcome that is not a refusal. */
  abstract R map(Outcome outcome);

  @Override
  public void applied(Outcome outcome) {
    if (outcome instanceof Outcome.Refused refused) {
      caller.onError(Refusals.status(refused));
    } else {
      caller.onNext(map(outcome));
      caller.onCompleted();
    }
  }

  @Override
  public void unknown(String why) {
    caller.onError(Refusals.unavailable(why));
  }

  /** Proposes the command from any thread, or says at once why not. */
  static void propose(Proposer proposer, Command command, Reply reply, StreamObserver<?> caller) {
    boolean taken =
        proposer.submit(
            command.getSerializedSize(),
            () -> proposer.propose(command, reply),
            () -> reply.unknown("the master is stopping"));
    if (!taken) {
      caller.onError(Refusals.status(Refusals.overloaded()));
    }
  }

  /** Runs on the loop, in turn, what answers the caller; or says at once why not. */
  static void onLoop(Proposer proposer, StreamObserver<?> caller, Runnable task) {
    boolean taken =
        proposer.submit(
            0, task, () -> caller.onError(Refusals.unavailable("the master is stopping")));
    if (!taken) {
      caller.onError(Refusals.status(Refusals.overloaded()));
    }
  }
}
