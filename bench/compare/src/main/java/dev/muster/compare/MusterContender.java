package dev.muster.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Muster, by its own command: {@code muster bench lifecycle}, a process for each turn. */
final class MusterContender implements Contender {
  private static final int CREDIT = 2000;

  /** What `--only` names it by. */
  static final String ID = "muster";

  /** Tasks are told to it by number: this many for each second of the span. */
  static final long TASKS_A_SECOND = 300_000;

  private final Path root;
  private final String commit;

  /**
   * @param root of the project, where the script {@code muster} is
   * @param commit that it is built from; empty: nobody knows
   */
  MusterContender(Path root, String commit) {
    this.root = root;
    this.commit = commit;
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String name() {
    return "Muster";
  }

  @Override
  public String durability() {
    return "an fsync has come after it; TLS on";
  }

  @Override
  public String driving() {
    return "natural batches of its streams, credit %,d, the collector's as much as both workers'; its Java client and worker"
        .formatted(CREDIT);
  }

  @Override
  public @Nullable String absence() {
    return Files.isExecutable(script())
        ? null
        : script() + " is not there: start the comparison by bench/compare/run";
  }

  private Path script() {
    return root.resolve("muster");
  }

  @Override
  public String version() {
    String version = Program.firstVersion(run("version"));
    return commit.isEmpty() ? version : version + ", commit " + commit;
  }

  @Override
  public Turn measure(Span span) {
    return turn(
        run(
            "bench",
            "lifecycle",
            "--warm-up",
            Long.toString(span.warmUpS() * TASKS_A_SECOND),
            "--tasks",
            Long.toString(span.measuredS() * TASKS_A_SECOND),
            "--payload",
            Integer.toString(Load.PAYLOAD_BYTES),
            "--result",
            Integer.toString(Load.RESULT_BYTES),
            "--credit",
            Integer.toString(CREDIT),
            "--unfinished-max",
            Integer.toString(Flow.UNFINISHED_MAX),
            "-o",
            "json"));
  }

  /** Of the line that the bench prints. */
  static Turn turn(String printed) {
    try {
      JsonNode line = new ObjectMapper().readTree(printed);
      long lives = figure(line, "n").longValue();
      return new Turn(
          figure(line, "lifecycles_per_s").longValue(),
          figure(line, "master_cpu_s").doubleValue() * 1e6 / lives,
          figure(line, "client_cpu_s").doubleValue() * 1e6 / lives,
          figure(line, "master_peak_rss_mb").longValue());
    } catch (IOException e) {
      throw missing("a line of JSON", printed);
    }
  }

  private static JsonNode figure(JsonNode line, String name) {
    JsonNode figure = line.path(name);
    if (!figure.isNumber()) {
      throw missing(name, line.toString());
    }
    return figure;
  }

  private static ComparisonException missing(String expected, String found) {
    return new ComparisonException(
        "`muster bench lifecycle -o json` was to print "
            + expected
            + ", found: "
            + found.strip()
            + "; ./muster build makes the one that belongs to this comparison");
  }

  private String run(String... arguments) {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  Stream.concat(Stream.of(script().toString()), List.of(arguments).stream())
                      .toList())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      throw new ComparisonException("the muster command cannot be started: " + e.getMessage(), e);
    }
    Thread hook = new Thread(process::destroy, "muster-end"); // it would go on for minutes
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new ComparisonException(
            "`muster %s` ended with exit code %d; what it said is above"
                .formatted(String.join(" ", arguments), code));
      }
      return said;
    } catch (IOException e) {
      throw new ComparisonException("the muster command broke off: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new ComparisonException("interrupted", e);
    } finally {
      forget(hook);
    }
  }

  private static void forget(Thread hook) {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // then it runs
    }
  }
}
