package dev.muster.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster task}: what can be done with one task. */
@Command(
    name = "task",
    description = "Look at one task.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Example:", "  muster task show 4294967301"})
final class TaskCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  private TaskCommand() {}

  static CommandLine of(Terminal terminal) {
    return new CommandLine(new TaskCommand()).addSubcommand("show", new TaskShowCommand(terminal));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command: show");
  }
}
