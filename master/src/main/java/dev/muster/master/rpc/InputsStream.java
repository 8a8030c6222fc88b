package dev.muster.master.rpc;

import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.TaskResult;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;

/** Sends what a task's inputs came to, page by page as the caller reads. */
final class InputsStream extends Outflow<InputsReply> {
  /** A page takes results until it holds so many bytes, or one larger one. */
  private static final long PAGE_BYTES = 1 << 20;

  private final Iterator<TaskResult> inputs;

  private InputsStream(
      ServerCallStreamObserver<InputsReply> caller, Executor egress, List<TaskResult> inputs) {
    super(caller, egress);
    this.inputs = inputs.iterator();
  }

  static void open(
      ServerCallStreamObserver<InputsReply> caller, Executor egress, List<TaskResult> inputs) {
    if (inputs.isEmpty()) {
      caller.onCompleted();
      return;
    }
    InputsStream stream = new InputsStream(caller, egress, inputs);
    stream.endWithCaller(() -> {});
    stream.schedule();
  }

  @Override
  InputsReply gather() {
    InputsReply.Builder page = InputsReply.newBuilder();
    long bytes = 0;
    while (bytes < PAGE_BYTES && inputs.hasNext()) {
      TaskResult next = inputs.next();
      bytes += next.getSerializedSize();
      page.addInputs(next);
    }
    return page.build();
  }

  @Override
  boolean isLast() {
    return !inputs.hasNext();
  }
}
