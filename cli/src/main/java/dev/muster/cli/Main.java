package dev.muster.cli;

import dev.muster.bench.BenchCommand;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** Entry point of the runnable jar. */
public final class Main {
  private Main() {}

  /**
   * Runs one command and ends the process with its exit code.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    JavaUtilLogging.install();
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
      case "help" -> args.length == 1 ? new String[] {"--help"} : new String[] {args[1], "--help"};
      case "--version", "-V" -> new String[] {"version"};
      default -> args;
    };
  }

  private static CommandLine commandLine(Terminal terminal, String... args) {
    CommandLine root = new CommandLine(new MusterCommand());
    Map<String, Supplier<Object>> commands = commands(terminal);
    Supplier<Object> named = args.length == 0 ? null : commands.get(args[0]);
    if (named != null) {
      // Reading the options of every command by reflection would take longer than most commands
      // run.
      root.addSubcommand(args[0], named.get());
    } else {
      commands.forEach((name, command) -> root.addSubcommand(name, command.get()));
    }
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

  private static Map<String, Supplier<Object>> commands(Terminal terminal) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("demo", () -> new DemoCommand(terminal));
    commands.put("master", () -> new MasterCommand(terminal));
    commands.put("worker", () -> new WorkerCommand(terminal));
    commands.put("keygen", () -> new KeygenCommand(terminal));
    commands.put("put", () -> new PutCommand(terminal));
    commands.put("take", () -> new TakeCommand(terminal));
    commands.put("queues", () -> new QueuesCommand(terminal));
    commands.put("task", () -> TaskCommand.of(terminal));
    commands.put("version", () -> new VersionCommand(terminal));
    commands.put("bench", BenchCommand::new);
    commands.put("warmup", () -> new WarmupCommand(terminal));
    return commands;
  }
}
