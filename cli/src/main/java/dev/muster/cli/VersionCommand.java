package dev.muster.cli;

import dev.muster.common.Version;
import picocli.CommandLine.Command;

/** {@code muster version}. */
@Command(
    name = "version",
    description = "Print the version of Muster and of Java.",
    footer = {"", "Example:", "  muster version"})
final class VersionCommand implements Runnable {
  private final Terminal terminal;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    terminal.say(
        "muster %s (Java %s, %s %s)"
            .formatted(
                Version.current(),
                System.getProperty("java.version"),
                System.getProperty("os.name"),
                System.getProperty("os.arch")));
  }
}
