package dev.muster.bench;

import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.AuthKey;
import dev.muster.common.MusterException;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A master in a JVM of its own, with a data directory of its own that goes with it. It answers each
 * line of its standard input with what it has used so far, and ends when the input does.
 */
final class MasterProcess implements AutoCloseable {
  private static final String KEY_VARIABLE = "MUSTER_AUTH_KEY";
  private static final long STOP_S = 60;

  /** What the child says when it is ready; its JVM may print lines of its own before. */
  private static final String READY = "ready on ";

  private static final String USAGE = "usage";
  private static final String COLLECT = "collect";

  private final AuthKey key = AuthKey.generate();
  private final Path data;
  private final boolean tls;
  private final List<String> javaOptions;
  private Running running;

  /** A process that said that it is ready. */
  private record Running(
      Process process, BufferedReader output, Writer input, String address, double readySeconds) {}

  private MasterProcess(Path data, boolean tls, List<String> javaOptions) throws IOException {
    this.data = data;
    this.tls = tls;
    this.javaOptions = javaOptions;
    this.running = launch();
  }

  /**
   * Starts it; returns when it is ready.
   *
   * @param tls false: plaintext on loopback
   * @param javaOptions for its JVM
   */
  static MasterProcess start(boolean tls, List<String> javaOptions) {
    try {
      return new MasterProcess(Files.createTempDirectory("muster-bench"), tls, javaOptions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Stops it and starts another with the same data, at another address.
   *
   * @return seconds from the start of the process until it was ready
   */
  double restart() {
    try {
      stop();
      running = launch();
      return running.readySeconds();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Running launch() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(MasterProcess.class.getName(), data.toString(), Boolean.toString(tls)));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(KEY_VARIABLE, key.toText());
    long start = System.nanoTime();
    Process process = builder.start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    while (line != null && !line.startsWith(READY)) {
      line = output.readLine();
    }
    if (line == null) {
      delete(data);
      throw new MusterException("the bench's master did not start; see above");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Writer input =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    return new Running(process, output, input, line.substring(READY.length()), seconds);
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
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Master master = Master.start(config)) {
      System.out.println(READY + master.address());
      String asked = input.readLine();
      for (; asked != null; asked = input.readLine()) {
        if (asked.equals(COLLECT)) {
          System.gc();
        }
        System.out.println(MasterUsage.ofThisProcess().toLine());
      }
    }
  }

  /** What a client connects with. */
  ConnectOptions connect() {
    return ConnectOptions.to(running.address(), key).withPlaintext(!tls);
  }

  /** What the process has used since its start. */
  MasterUsage usage() {
    return ask(USAGE);
  }

  /** The same, after it has collected its garbage: not while anything is measured. */
  MasterUsage collected() {
    return ask(COLLECT);
  }

  private MasterUsage ask(String question) {
    try {
      running.input().write(question + "\n");
      running.input().flush();
      String line = running.output().readLine();
      if (line == null) {
        throw new MusterException("the bench's master has died; see above");
      }
      return MasterUsage.parse(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stop();
    delete(data);
  }

  private void stop() {
    Process process = running.process();
    try {
      running.input().close();
      if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
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
