package dev.muster.cli;

import dev.muster.common.MusterException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever went wrong into one line on standard error and an exit code. */
final class ErrorLine implements IParameterExceptionHandler, IExecutionExceptionHandler {
  private final Terminal terminal;

  ErrorLine(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public int handleParseException(ParameterException wrong, String[] args) {
    StringBuilder line = new StringBuilder(message(wrong));
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      List<String> suggestions = unmatched.getSuggestions();
      if (!suggestions.isEmpty()) {
        line.append("; did you mean ").append(String.join(", ", suggestions)).append('?');
      }
    }
    String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
    print(line + "; '" + command + " --help' shows what it takes");
    return ExitCode.USAGE;
  }

  private static String message(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    if (wrong instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && !command.getSubcommands().isEmpty()) {
      return "there is no command '" + unmatched.getUnmatched().get(0) + "'";
    }
    return OneLine.of(String.valueOf(wrong.getMessage()));
  }

  @Override
  public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
    terminal.out().flush();
    boolean verbose = Logging.verbosity() > 0;
    if (verbose) {
      thrown.printStackTrace(terminal.err());
    }
    if (thrown instanceof MusterException expected) {
      print(String.valueOf(expected.getMessage()));
      return expected.exitCode();
    }
    String fault =
        thrown.getMessage() == null
            ? thrown.toString()
            : thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
    print("unforeseen fault: " + fault + (verbose ? "" : "; details: " + writeDetails(thrown)));
    return ExitCode.FAILED;
  }

  private void print(String message) {
    terminal.err().println("muster: " + OneLine.of(message));
  }

  private static String writeDetails(Exception thrown) {
    try {
      Path file = Files.createTempFile("muster-fault-", ".txt");
      try (PrintWriter writer =
          new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
        thrown.printStackTrace(writer);
      }
      return file.toString();
    } catch (IOException full) {
      return "run it again with -v";
    }
  }
}
