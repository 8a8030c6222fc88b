package dev.muster.cli;

import dev.muster.common.QueueName;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster task ls}. */
@Command(
    name = "ls",
    description = {
      "List the tasks of a queue that are in one state. The master chooses and pages: a queue of millions costs no more than"
          + " what is printed.",
      "",
      "RUNNING lists what is offered, too."
    },
    footer = {
      "",
      "Examples:",
      "  muster task ls orders --state ready",
      "  muster task ls orders --state failed --kind java.net. --limit 20",
      "  muster task ls orders --state running --tenant acme -o json | jq '.[].worker'"
    })
final class TaskLsCommand implements Runnable {
  private final Terminal terminal;

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Option(
      names = "--state",
      required = true,
      paramLabel = "STATE",
      converter = StateConverter.class,
      description =
          "delayed, ready, offered, running, succeeded, failed, cancelled, expired or quarantined.")
  private TaskState state = TaskState.TASK_STATE_UNKNOWN;

  @Mixin private final TaskListing listing = new TaskListing();

  TaskLsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    listing.print(
        terminal,
        TaskFilter.newBuilder().setQueue(QueueName.check(queue)).setState(state),
        "id",
        "state",
        "handler",
        "group",
        "tenant",
        "attempts",
        "enqueued",
        "due",
        "worker");
  }
}
