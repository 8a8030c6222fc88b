package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** docs/cli.md names every command and every option there is. */
class CliDocsTest {
  /** What the page says once for all commands, and what bench's own help lists. */
  private static final Set<String> ELSEWHERE = Set.of("--help", "--verbose");

  @Test
  void shouldDescribeEveryCommandAndEveryOption() throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("muster.root", ".."), "docs", "cli.md"));
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            Map.of());
    List<String> missing = new ArrayList<>();

    for (CommandLine command :
        Commands.commandLine(terminal, List.of()).getSubcommands().values()) {
      if (!command.getCommandSpec().usageMessage().hidden()) {
        collectMissing(page, command, missing);
      }
    }

    assertThat(missing).as("commands and options that docs/cli.md does not name").isEmpty();
  }

  private static void collectMissing(String page, CommandLine command, List<String> missing) {
    String name = command.getCommandSpec().qualifiedName();
    if (!page.contains(name.replace("muster version", "`version`"))) {
      missing.add(name);
    }
    if (name.startsWith("muster bench")) {
      return;
    }
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (!option.hidden()
          && !ELSEWHERE.contains(option.longestName())
          && !page.contains(option.longestName())
          && !page.contains("`" + option.shortestName() + " ")) {
        missing.add(name + " " + option.longestName());
      }
    }
    command.getSubcommands().values().forEach(below -> collectMissing(page, below, missing));
  }
}
