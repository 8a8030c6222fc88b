package dev.muster.master.rpc;

import dev.muster.master.replication.Applier;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.TaskResult;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Sends what a task's inputs came to, page by page as the caller reads; an empty page is the last.
 */
final class InputsStream extends Outflow<InputsReply> {
  /** A page takes results until it holds so many bytes, or one larger one. */
  private static final long PAGE_BYTES = 1 << 20;

  private final Applier applier;
  private final long id;

  // Guarded by this.
  private int from;
  private boolean last;

  private InputsStream(
      ServerCallStreamObserver<InputsReply> caller, Executor background, Applier applier, long id) {
    super(caller, background);
    this.applier = applier;
    this.id = id;
  }

  /**
   * @param background reads the pages: results may have to come from the disk
   */
  static void open(
      ServerCallStreamObserver<InputsReply> caller, Executor background, Applier applier, long id) {
    InputsStream stream = new InputsStream(caller, background, applier, id);
    stream.endWithCaller(() -> {});
    stream.schedule();
  }

  @Override
  InputsReply gather() {
    List<TaskResult> page = applier.read(machine -> machine.inputs(id, from, PAGE_BYTES));
    from += page.size();
    last = page.isEmpty();
    return InputsReply.newBuilder().addAllInputs(page).build();
  }

  @Override
  boolean isLast() {
    return last;
  }
}
