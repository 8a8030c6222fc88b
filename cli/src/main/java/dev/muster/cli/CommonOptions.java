package dev.muster.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of every command. */
final class CommonOptions {
  private CommonOptions() {}

  /** Gives them to a command and all below it, but help where a command brings its own. */
  static void addTo(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    if (spec.findOption("--help") == null) {
      spec.addMixin("help", CommandSpec.forAnnotatedObject(new Help()));
    }
    spec.addMixin("verbosity", CommandSpec.forAnnotatedObject(new Verbosity()));
    command.getSubcommands().values().forEach(CommonOptions::addTo);
  }

  /** Help on a command. */
  static final class Help {
    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help.")
    boolean help;
  }

  /** How much is said besides the output. */
  static final class Verbosity {
    @Option(
        names = {"-v", "--verbose"},
        description = "Say more about what happens, with stack traces; -vv: everything.")
    void setVerbose(boolean[] times) {
      Logging.setVerbosity(times.length);
    }
  }
}
