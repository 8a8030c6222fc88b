package dev.muster.master.rpc;

import dev.muster.master.queue.Inspection.InputPage;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.RefusalReason;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends what a task's inputs came to. Each page is read when the caller is ready for it: between
 * two pages others have their turn, and a slow caller costs no memory.
 */
final class InputsStream extends Outflow<InputsReply> {
  /** Reads one page; null: the inputs are gone. */
  interface Pages {
    @Nullable InputPage from(int place);
  }

  private final Pages pages;
  private int next;
  private boolean gone;

  private InputsStream(ServerCallStreamObserver<InputsReply> caller, Executor egress, Pages pages) {
    super(caller, egress);
    this.pages = pages;
  }

  static void open(ServerCallStreamObserver<InputsReply> caller, Executor egress, Pages pages) {
    InputsStream stream = new InputsStream(caller, egress, pages);
    stream.endWithCaller(() -> {});
    stream.schedule();
  }

  @Override
  InputsReply gather() {
    InputPage page = pages.from(next);
    gone = page == null;
    if (page == null) {
      return InputsReply.getDefaultInstance();
    }
    next = page.next();
    return InputsReply.newBuilder().addAllInputs(page.results()).build();
  }

  @Override
  boolean isLast() {
    return gone || next == 0;
  }

  @Override
  @Nullable StatusRuntimeException failure() {
    return gone
        ? Refusals.status(
            new Outcome.Refused(
                RefusalReason.REFUSAL_REASON_UNKNOWN_TASK,
                "the task ended while its inputs were read, and they went with it"))
        : null;
  }
}
