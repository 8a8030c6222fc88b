package dev.muster.worker;

import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.InputsRequest;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** Asks the master for what a task depends on, until it answers or the task is called off. */
final class InputsCall {
  private final Supplier<Channel> channels;
  private final TaskContext task;
  private final Backoff backoff = Backoff.standard();

  InputsCall(Supplier<Channel> channels, TaskContext task) {
    this.channels = channels;
    this.task = task;
  }

  List<Input> fetch() throws InterruptedException {
    while (true) {
      try {
        return fetchOnce();
      } catch (UnreachableException e) {
        task.checkCancelled();
      } catch (StatusRuntimeException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted while the inputs were fetched");
        }
        task.checkCancelled();
        if (!RpcFailures.isRetryable(e)) {
          throw RpcFailures.of(e);
        }
      }
      Thread.sleep(backoff.nextMs());
    }
  }

  private List<Input> fetchOnce() {
    InputsRequest request = InputsRequest.newBuilder().setId(task.taskId()).build();
    Iterator<InputsReply> replies = TasksGrpc.newBlockingStub(channels.get()).inputs(request);
    List<Input> inputs = new ArrayList<>();
    while (replies.hasNext()) {
      for (TaskResult result : replies.next().getInputsList()) {
        inputs.add(new Input(result));
      }
    }
    return List.copyOf(inputs);
  }
}
