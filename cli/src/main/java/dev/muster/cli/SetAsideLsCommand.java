package dev.muster.cli;

import dev.muster.common.QueueName;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster dead ls} and {@code quarantine ls}: tasks that wait for a person. */
final class SetAsideLsCommand implements Runnable {
  private final Terminal terminal;
  private final TaskState state;
  private final String reason;

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Mixin private final TaskListing listing = new TaskListing();

  private SetAsideLsCommand(Terminal terminal, TaskState state, String reason) {
    this.terminal = terminal;
    this.state = state;
    this.reason = reason;
  }

  static CommandLine dead(Terminal terminal) {
    return Described.command(
        new SetAsideLsCommand(terminal, TaskState.TASK_STATE_FAILED, "failure"),
        "List the dead letters of a queue: tasks that failed for good, and why.",
        "muster dead ls orders",
        "muster dead ls orders --handler charge --kind java.net. -o json | jq '.[].id'");
  }

  static CommandLine quarantine(Terminal terminal) {
    return Described.command(
        new SetAsideLsCommand(terminal, TaskState.TASK_STATE_QUARANTINED, "cause"),
        "List the tasks of a queue that are set aside, because too many workers died with them.",
        "muster quarantine ls orders");
  }

  @Override
  public void run() {
    listing.print(
        terminal,
        TaskFilter.newBuilder().setQueue(QueueName.check(queue)).setState(state),
        "id",
        "handler",
        "attempts",
        "failures",
        "crashes",
        "enqueued",
        "finished",
        reason);
  }
}
