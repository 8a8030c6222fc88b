package dev.muster.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command that only holds others, such as {@code muster task} with {@code show}.
 *
 * @param description what they have in common
 * @param commands makes them, by name: only those that a command line names are made
 * @param examples for the help
 */
record CommandGroup(
    String description, Map<String, Supplier<Object>> commands, List<String> examples) {

  /** The group by itself, without its commands. */
  CommandLine commandLine() {
    CommandLine line = Described.command(new Body(), description, examples.toArray(String[]::new));
    line.getCommandSpec().usageMessage().synopsisSubcommandLabel("COMMAND");
    return line;
  }

  /** What runs when none of them is named. */
  @Command
  private static final class Body implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
      throw new ParameterException(
          spec.commandLine(),
          "expected a command: " + String.join(", ", spec.commandLine().getSubcommands().keySet()));
    }
  }
}
