package dev.muster.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How figures are printed: the option that every scenario has. */
final class FiguresOutput {
  enum Format {
    table,
    json
  }

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table or json.")
  private Format format = Format.table;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** One line of JSON, or a row for each figure. */
  void print(Map<String, Object> figures) {
    PrintWriter out = command.commandLine().getOut();
    switch (format) {
      case json -> out.println(json(figures));
      case table -> figures.forEach((name, value) -> out.printf("%-26s %s%n", name, value));
    }
    out.flush();
  }

  private static String json(Map<String, Object> figures) {
    try {
      return new ObjectMapper().writeValueAsString(figures);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are plain values", e);
    }
  }
}
