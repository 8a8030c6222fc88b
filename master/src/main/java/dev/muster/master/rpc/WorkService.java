package dev.muster.master.rpc;

import dev.muster.master.dispatch.Sessions;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.WorkGrpc;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;

/** The workers' streams. */
public final class WorkService extends WorkGrpc.WorkImplBase {
  private final Proposer proposer;
  private final Sessions sessions;
  private final Executor egress;

  /**
   * @param egress sends the frames: one thread, so that what gathers while a frame is written goes
   *     into the next
   */
  public WorkService(Proposer proposer, Sessions sessions, Executor egress) {
    this.proposer = proposer;
    this.sessions = sessions;
    this.egress = egress;
  }

  @Override
  public StreamObserver<WorkerFrame> work(StreamObserver<MasterFrame> caller) {
    FrameOutbox outbox = new FrameOutbox((ServerCallStreamObserver<MasterFrame>) caller, egress);
    return new WorkStream(
        (ServerCallStreamObserver<MasterFrame>) caller, outbox, proposer, sessions);
  }
}
