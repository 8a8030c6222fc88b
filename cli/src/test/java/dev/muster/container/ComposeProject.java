package dev.muster.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;

/**
 * The repository's {@code docker-compose.yml}, run under a name of its own by the Compose that is
 * installed. Closing it removes containers, networks, volumes and the image. One thread.
 */
final class ComposeProject implements AutoCloseable {
  /** {@code .ci/run} removes what starts with this. */
  private static final String PREFIX = "muster-it-";

  private final String name = PREFIX + UUID.randomUUID().toString().substring(0, 8);
  private final String image = name + ":latest";
  private final List<String> command = command().orElseThrow();
  private final Path logs;

  ComposeProject(String test) {
    logs = Path.of("target", "container-logs", test);
  }

  /** What a run printed, both streams, and its exit code. */
  record Output(int exitCode, String text) {}

  /** The command that runs Compose, if one does. */
  static Optional<List<String>> command() {
    return List.of(List.of("docker-compose"), List.of("docker", "compose")).stream()
        .filter(ComposeProject::runs)
        .findFirst();
  }

  /**
   * Runs Compose and waits for its end.
   *
   * @throws AssertionError with what it printed so far, when it does not end within the time
   */
  Output run(Duration timeout, String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(command);
    line.addAll(List.of("-p", name));
    line.addAll(List.of(arguments));
    Files.createDirectories(logs);
    Path log = logs.resolve("compose-" + arguments[0] + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(MusterImage.ROOT.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(log.toFile());
    Map<String, String> env = builder.environment();
    env.put("MUSTER_IMAGE", image);
    env.put("MUSTER_BASE_IMAGE", BaseImage.find().orElseThrow());
    Process process = builder.start();
    boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(log, StandardCharsets.UTF_8);
    if (!ended) {
      throw new AssertionError(
          "%s did not end within %s; it printed:%n%s".formatted(line, timeout, text));
    }
    return new Output(process.exitValue(), text);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    run(Duration.ofMinutes(1), "logs", "--no-color");
    run(Duration.ofMinutes(1), "down", "--volumes", "--remove-orphans", "--timeout", "10");
    DockerClientFactory.lazyClient().removeImageCmd(image).withForce(true).exec();
  }

  private static boolean runs(List<String> command) {
    List<String> line = new ArrayList<>(command);
    line.add("version");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException absent) {
      return false;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(
          new IOException("interrupted while asking for Compose", stopped));
    }
  }
}
