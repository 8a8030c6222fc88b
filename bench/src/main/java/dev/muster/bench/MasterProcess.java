package dev.muster.bench;

import dev.muster.common.AuthKey;
import dev.muster.common.MusterException;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A master in a JVM of its own, with a data directory of its own that goes with it. It ends when
 * its standard input does, and removes its directory itself: whoever measures may have ended first.
 */
final class MasterProcess implements AutoCloseable {
  private static final String KEY_VARIABLE = "MUSTER_AUTH_KEY";
  private static final long STOP_S = 15;

  /** What the child says when it is ready; its JVM may print lines of its own before. */
  private static final String READY = "ready on ";

  private final Process process;
  private final Path data;
  private final AuthKey key;
  private final String address;

  private MasterProcess(Process process, Path data, AuthKey key, String address) {
    this.process = process;
    this.data = data;
    this.key = key;
    this.address = address;
  }

  /**
   * Starts it; returns when it is ready.
   *
   * @param tls false: plaintext on loopback
   * @param javaOptions for its JVM
   */
  static MasterProcess start(boolean tls, List<String> javaOptions) {
    AuthKey key = AuthKey.generate();
    Path data = null;
    try {
      data = Files.createTempDirectory("muster-bench");
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(javaOptions);
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(
          List.of(MasterProcess.class.getName(), data.toString(), Boolean.toString(tls)));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put(KEY_VARIABLE, key.toText());
      Process process = builder.start();
      BufferedReader output =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      String line = output.readLine();
      while (line != null && !line.startsWith(READY)) {
        line = output.readLine();
      }
      if (line == null) {
        awaitEnd(process);
        delete(data);
        throw new MusterException("the bench's master did not start; see above");
      }
      return new MasterProcess(process, data, key, line.substring(READY.length()));
    } catch (IOException e) {
      throw new MusterException(
          "the bench's master cannot be started"
              + (data == null ? "" : " on " + data)
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** The child's own main. */
  public static void main(String[] arguments) throws IOException {
    Path data = Path.of(arguments[0]);
    MasterConfig config =
        MasterConfig.builder()
            .data(data)
            .port(0)
            .authKey(AuthKey.fromEnvironment())
            .plaintext(!Boolean.parseBoolean(arguments[1]))
            .build();
    Master master = Master.start(config);
    // A hook, because a Ctrl-C in a terminal reaches this process, too.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(master, data), "bench-end"));
    System.out.println(READY + master.address());
    while (System.in.read() >= 0) {
      // Nothing is said to it: the end of its input is the word to stop.
    }
    System.exit(0);
  }

  private static void end(Master master, Path data) {
    master.close();
    delete(data);
  }

  AuthKey key() {
    return key;
  }

  String address() {
    return address;
  }

  /** CPU time it has used so far, ms. */
  long cpuMs() {
    return process.info().totalCpuDuration().map(java.time.Duration::toMillis).orElse(0L);
  }

  @Override
  public void close() {
    awaitEnd(process);
    delete(data); // what is left of it: it removes it itself, unless it is killed
  }

  /** Ends it, in order if it can; returns when it is gone. */
  private static void awaitEnd(Process process) {
    try {
      process.getOutputStream().close();
    } catch (IOException gone) {
      // then it is over
    }
    try {
      if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Removes a directory with all that is in it, if it is there.
   *
   * @throws MusterException when something stays
   */
  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new MusterException(
          "the bench's data cannot be removed, remove it by hand: " + directory + ": " + e, e);
    }
  }
}
