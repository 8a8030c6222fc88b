package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster purge}. */
@Command(
    name = "purge",
    description = {
      "Forget all tasks of a queue that wait, now or for their time. What runs goes on; what is finished stays.",
      "",
      "Prints how many they were. 'muster cancel --queue' leaves a record of each instead."
    },
    footer = {"", "Examples:", "  muster purge orders"})
final class PurgeCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  PurgeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    var unused = QueueName.check(queue);
    try (Muster muster = master.connect(terminal, "muster purge")) {
      // Delayed ones first: one that falls due in between is then still found among the ready ones.
      long dropped = 0;
      for (TaskState state :
          new TaskState[] {TaskState.TASK_STATE_DELAYED, TaskState.TASK_STATE_READY}) {
        dropped +=
            muster.admin().drop(TaskFilter.newBuilder().setQueue(queue).setState(state).build());
      }
      terminal.say("dropped %d waiting tasks of queue %s".formatted(dropped, queue));
    }
  }
}
