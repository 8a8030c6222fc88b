package dev.muster.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.common.InvalidInputException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench}: measures this machine with this program. */
@Command(
    name = "bench",
    description = "Measure how fast a master is on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "SCENARIO")
public final class BenchCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  /** How figures are printed. */
  enum Output {
    table,
    json
  }

  @Command(
      name = "lifecycle",
      mixinStandardHelpOptions = true,
      description =
          "Whole lives of tasks a second: put durable, taken, result and acknowledgement durable, result taken.",
      footer = {
        "",
        "A master is started for it as a process of its own, with a data directory of its own.",
        "",
        "Example:",
        "  muster bench lifecycle --tasks 2000000 -o json"
      })
  int lifecycle(
      @Option(
              names = "--tasks",
              defaultValue = "1000000",
              description = "Tasks measured (default ${DEFAULT-VALUE}).")
          long tasks,
      @Option(
              names = "--warm-up",
              defaultValue = "1000000",
              description = "Tasks before the clock starts (default ${DEFAULT-VALUE}).")
          long warmUp,
      @Option(
              names = "--payload",
              defaultValue = "100",
              description = "Payload, bytes (default ${DEFAULT-VALUE}).")
          int payload,
      @Option(
              names = "--result",
              defaultValue = "16",
              description = "Result, bytes (default ${DEFAULT-VALUE}).")
          int result,
      @Option(
              names = "--workers",
              defaultValue = "2",
              description = "Workers (default ${DEFAULT-VALUE}).")
          int workers,
      @Option(
              names = "--credit",
              defaultValue = "2000",
              description = "Tasks that a worker takes ahead (default ${DEFAULT-VALUE}).")
          int credit,
      @Option(
              names = "--unfinished-max",
              defaultValue = "100000",
              description =
                  "The producer pauses while more tasks than this are unfinished (default ${DEFAULT-VALUE}).")
          long unfinishedMax,
      @Option(names = "--plaintext", description = "Without TLS.") boolean plaintext,
      @Option(
              names = "--master-java-opts",
              defaultValue = "-Xmx1g -XX:+UseParallelGC",
              description = "Options for the master's Java (default ${DEFAULT-VALUE}).")
          String masterJavaOptions,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "table or json.")
          Output output) {
    if (tasks < 1
        || warmUp < 0
        || payload < 0
        || result < 0
        || workers < 1
        || credit < 0
        || unfinishedMax < 1) {
      throw new InvalidInputException(
          "--tasks, --workers and --unfinished-max must be at least 1, the other numbers not negative");
    }
    LifecycleOptions options =
        new LifecycleOptions(
            tasks,
            warmUp,
            payload,
            result,
            workers,
            credit,
            unfinishedMax,
            !plaintext,
            List.of(masterJavaOptions.trim().split("\\s+")));
    print(new LifecycleBench(options).run().toMap(), output);
    return 0;
  }

  private void print(Map<String, Object> figures, Output output) {
    PrintWriter out = spec.commandLine().getOut();
    switch (output) {
      case json -> out.println(json(figures));
      case table -> rows(figures).forEach(out::println);
    }
    out.flush();
  }

  private static List<String> rows(Map<String, Object> figures) {
    List<String> rows = new ArrayList<>();
    figures.forEach((name, value) -> rows.add(String.format("%-18s %s", name, value)));
    return rows;
  }

  private static String json(Map<String, Object> figures) {
    try {
      return new ObjectMapper().writeValueAsString(figures);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are plain values", e);
    }
  }
}
