package dev.muster.worker;

import dev.muster.proto.v1.TaskResult;
import dev.muster.worker.child.v1.Inputs;
import java.util.function.Consumer;

/** Hands what a task depends on to the process that runs it, in pieces. */
final class ChildInputs {
  private static final int PIECE_BYTES = 1 << 20;

  private ChildInputs() {}

  /**
   * Waits for the inputs of a task; the last piece says that it is, and why there are none.
   *
   * @param number of the run
   */
  static void send(long number, TaskContext task, Consumer<Inputs> to) {
    Inputs.Builder piece = Inputs.newBuilder().setNumber(number);
    try {
      int bytes = 0;
      for (Input input : task.inputs()) {
        TaskResult result = input.proto();
        piece.addResults(result);
        bytes += result.getSerializedSize();
        if (bytes >= PIECE_BYTES) {
          to.accept(piece.build());
          piece.clearResults();
          bytes = 0;
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      piece.clearResults().setError(String.valueOf(e.getMessage()));
    }
    to.accept(piece.setComplete(true).build());
  }
}
