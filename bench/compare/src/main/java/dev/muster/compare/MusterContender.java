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

  /** Tasks are told to it by number: this many for each second of the span. */
  private static final long TASKS_A_SECOND = 300_000;

  private final Path root;

  /**
   * @param root of the project, where the script {@code muster} is
   */
  MusterContender(Path root) {
    this.root = root;
  }

  @Override
  public String id() {
    return "muster";
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
    return "natural batches of its streams, credit %,d; its Java client and worker"
        .formatted(CREDIT);
  }

  @Override
  public @Nullable String absence() {
    return Files.isExecutable(script()) ? null : script() + " is not there";
  }

  private Path script() {
    return root.resolve("muster");
  }

  @Override
  public String version() {
    return Program.firstVersion(run("version"));
  }

  @Override
  public long measure(Span span) {
    return rate(
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
  static long rate(String printed) {
    try {
      JsonNode rate = new ObjectMapper().readTree(printed).path("lifecycles_per_s");
      if (rate.isNumber()) {
        return rate.asLong();
      }
    } catch (IOException e) {
      // said below
    }
    throw new ComparisonException(
        "`muster bench lifecycle -o json` was to print lifecycles_per_s, found: "
            + printed.strip());
  }

  private String run(String... arguments) {
    try {
      Process process =
          new ProcessBuilder(
                  Stream.concat(Stream.of(script().toString()), List.of(arguments).stream())
                      .toList())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw new ComparisonException("muster " + arguments[0] + " ended with exit code " + code);
      }
      return said;
    } catch (IOException e) {
      throw new ComparisonException("the muster command cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ComparisonException("interrupted", e);
    }
  }
}
