package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.UnknownTaskException;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster task explain}. */
@Command(
    name = "explain",
    description = {
      "Say why a task waits, failed or ran more than once: the rules that hold it, with their numbers, the most important first,"
          + " and each attempt.",
      "",
      "Exit code 1 when the id is not known: it never was, or is finished and forgotten."
    },
    footer = {
      "",
      "Examples:",
      "  muster task explain 4294967301",
      "  muster task explain 4294967301 -o json | jq -r '.reasons[].rule'"
    })
final class TaskExplainCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "ID", description = "As put printed it.")
  private String id = "";

  TaskExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    long parsed = TaskId.parse(id);
    try (Muster muster = master.connect(terminal, "muster task")) {
      ExplainReply reply = muster.admin().explain(parsed);
      if (reply.getTask().getState() == TaskState.TASK_STATE_UNKNOWN) {
        throw new UnknownTaskException(parsed);
      }
      switch (output.format()) {
        case TABLE -> print(reply);
        case JSON -> terminal.out().println(json(reply));
      }
      terminal.out().flush();
    }
  }

  private void print(ExplainReply reply) {
    TaskInfo task = reply.getTask();
    String handler = task.getOptions().getHandler();
    terminal
        .out()
        .println(
            "task %s of queue %s%s is %s"
                .formatted(
                    Long.toUnsignedString(task.getId()),
                    task.getQueue(),
                    handler.isEmpty() ? "" : ", handler " + handler + ",",
                    TaskFields.name(task.getState())));
    for (Reason reason : reply.getReasonsList()) {
      terminal
          .out()
          .println("- " + OneLine.of(reason.getMessage()) + " [" + reason.getRule() + "]");
    }
    TaskFields.printTimeline(terminal, task);
  }

  private static String json(ExplainReply reply) {
    return TaskFields.of(reply.getTask())
        .list(
            "reasons",
            reply.getReasonsList().stream()
                .map(
                    reason ->
                        new Fields()
                            .text("rule", reason.getRule())
                            .text("message", reason.getMessage()))
                .toList())
        .toJson();
  }
}
