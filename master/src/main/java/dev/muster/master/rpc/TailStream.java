package dev.muster.master.rpc;

import dev.muster.master.dispatch.EventHub;
import dev.muster.proto.v1.TailReply;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Sends what happens, until the caller goes away. */
final class TailStream extends Outflow<TailReply> {
  private final EventHub.Listener listener;

  private TailStream(ServerCallStreamObserver<TailReply> caller, Executor egress, String prefix) {
    super(caller, egress);
    this.listener = new EventHub.Listener(prefix, this::schedule);
  }

  static void open(
      ServerCallStreamObserver<TailReply> caller, Executor egress, EventHub hub, String prefix) {
    TailStream stream = new TailStream(caller, egress, prefix);
    hub.listen(stream.listener);
    stream.endWithCaller(() -> hub.leave(stream.listener));
  }

  @Override
  @Nullable TailReply gather() {
    return listener.poll();
  }

  @Override
  boolean isLast() {
    return false;
  }
}
