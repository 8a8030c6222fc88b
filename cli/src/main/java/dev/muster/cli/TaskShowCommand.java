package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.UnknownTaskException;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster task show}. */
@Command(
    name = "show",
    description = {
      "Show where a task stands, its counts, its result or why it failed, and each attempt.",
      "",
      "Exit code 1 when the id is not known: it never was, or is finished and forgotten."
    },
    footer = {
      "",
      "Examples:",
      "  muster task show 4294967301",
      "  muster task show 4294967301 -o json | jq .result"
    })
final class TaskShowCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "ID", description = "As put printed it.")
  private String id = "";

  TaskShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    long parsed = TaskId.parse(id);
    try (Muster muster = master.connect(terminal, "muster task")) {
      TaskInfo task = muster.taskWithPayload(parsed);
      if (task.getState() == TaskState.TASK_STATE_UNKNOWN) {
        throw new UnknownTaskException(parsed);
      }
      TaskFields.of(task).print(terminal.out(), output.format());
      if (output.format() == OutputFormat.TABLE) {
        TaskFields.printTimeline(terminal, task);
      }
      terminal.out().flush();
    }
  }
}
