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
 * its standard input does.
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
    try {
      Path data = Files.createTempDirectory("muster-bench");
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
        delete(data);
        throw new MusterException("the bench's master did not start; see above");
      }
      return new MasterProcess(process, data, key, line.substring(READY.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The child's own main. */
  public static void main(String[] arguments) throws IOException {
    MasterConfig config =
        MasterConfig.builder()
            .data(Path.of(arguments[0]))
            .port(0)
            .authKey(AuthKey.fromEnvironment())
            .plaintext(!Boolean.parseBoolean(arguments[1]))
            .build();
    try (Master master = Master.start(config)) {
      System.out.println(READY + master.address());
      while (System.in.read() >= 0) {
        // Nothing is said to it: the end of its input is the word to stop.
      }
    }
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
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      delete(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
