package dev.muster.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
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

  /**
   * One line of JSON, or a row for each figure; with the circumstances, if they do not say
   * otherwise.
   */
  void print(Map<String, Object> figures) {
    Map<String, Object> all = new LinkedHashMap<>(figures);
    Circumstances.toMap().forEach(all::putIfAbsent);
    PrintWriter out = command.commandLine().getOut();
    switch (format) {
      case json -> out.println(json(all));
      case table -> all.forEach((name, value) -> printRow(out, name, value));
    }
    out.flush();
  }

  /** What consists of variants has a row for each of them. */
  private static void printRow(PrintWriter out, String name, Object value) {
    if (value instanceof Map<?, ?> parts
        && parts.values().stream().allMatch(Map.class::isInstance)) {
      parts.forEach((part, figures) -> printRow(out, name + " " + part, figures));
    } else {
      out.printf("%-26s %s%n", name, value);
    }
  }

  private static String json(Map<String, Object> figures) {
    try {
      return new ObjectMapper().writeValueAsString(figures);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are plain values", e);
    }
  }
}
