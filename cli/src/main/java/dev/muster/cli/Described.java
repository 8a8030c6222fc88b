package dev.muster.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** Gives help to commands of which several share a class. */
final class Described {
  private Described() {}

  /**
   * A command with its help.
   *
   * @param description one line or more
   * @param examples whole command lines
   */
  static CommandLine command(Object command, String description, String... examples) {
    List<String> footer = new ArrayList<>(List.of("", "Examples:"));
    for (String example : examples) {
      footer.add("  " + example);
    }
    CommandLine line = new CommandLine(command);
    line.getCommandSpec()
        .usageMessage()
        .description(description.split("\n", -1))
        .footer(footer.toArray(String[]::new));
    return line;
  }
}
