package dev.muster.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Entry point of the runnable jar. */
public final class Main {
  /**
   * To look for leaks Netty samples buffers, with stack traces: 1 to 2 % of what all of it costs.
   */
  private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

  private Main() {}

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    JavaWarnings.silence();
    JavaUtilLogging.install();
    if (System.getProperty(LEAK_DETECTION) == null) { // else somebody looks for one
      System.setProperty(LEAK_DETECTION, "disabled");
    }
    Terminal terminal = Terminal.ofProcess();
    int exitCode = run(terminal, args);
    terminal.out().flush();
    System.exit(exitCode);
  }

  /** Runs one command; returns its exit code. */
  static int run(Terminal terminal, String... args) {
    String[] meant = meaning(args);
    int exitCode = commandLine(terminal, meant).execute(meant);
    terminal.out().flush();
    return exitCode;
  }

  /** The spellings that other programs taught people to try. */
  private static String[] meaning(String... args) {
    if (args.length == 0) {
      return args;
    }
    return switch (args[0]) {
      case "help" -> helpOn(Arrays.copyOfRange(args, 1, args.length));
      case "--version", "-V" -> new String[] {"version"};
      default -> args;
    };
  }

  private static String[] helpOn(String... command) {
    return Stream.concat(Stream.of(command), Stream.of("--help")).toArray(String[]::new);
  }

  private static CommandLine commandLine(Terminal terminal, String... args) {
    CommandLine root = Commands.commandLine(terminal, List.of(args));
    ErrorLine errors = new ErrorLine(terminal);
    root.setOut(writer(terminal.out()));
    root.setErr(writer(terminal.err()));
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setParameterExceptionHandler(errors);
    root.setExecutionExceptionHandler(errors);
    root.setUsageHelpWidth(100);
    CommonOptions.addTo(root);
    spaceHelp(root);
    return root;
  }

  private static void spaceHelp(CommandLine command) {
    command
        .getCommandSpec()
        .usageMessage()
        .synopsisHeading("Usage: ")
        .descriptionHeading("%n")
        .parameterListHeading("%nArguments:%n")
        .optionListHeading("%nOptions:%n")
        .commandListHeading("%nCommands:%n")
        .sortOptions(false);
    command.getSubcommands().values().forEach(Main::spaceHelp);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
