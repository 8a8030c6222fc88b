package dev.muster.bench;

import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.AuthKey;
import dev.muster.common.MusterException;
import dev.muster.common.QuietJava;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A master in a JVM of its own, with a data directory of its own that goes with it. It answers each
 * line of its standard input with what it has used so far. It ends when the input does, and removes
 * its directory itself: whoever measures may have ended first.
 */
final class MasterProcess implements AutoCloseable {
  private static final String KEY_VARIABLE = "MUSTER_AUTH_KEY";
  private static final long STOP_S = 60;

  /** Netty's search for leaks: off in every process of the muster command, so here, too. */
  private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

  /** What the child says when it is ready; its JVM may print lines of its own before. */
  private static final String READY = "ready on ";

  /** What its answers begin with, for the same reason. */
  private static final String USED = "used ";

  private static final String USAGE = "usage";
  private static final String COLLECT = "collect";

  /** Another process goes on with its data. */
  private static final String KEEP = "keep";

  private final AuthKey key = AuthKey.generate();
  private final Path data;
  private final boolean tls;
  private final List<String> javaOptions;
  private Running running;

  /** A process that said that it is ready. */
  private record Running(
      Process process, BufferedReader output, Writer input, String address, double readySeconds) {}

  private MasterProcess(Path data, boolean tls, List<String> javaOptions) {
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
    return new MasterProcess(BenchDirectory.create(), tls, javaOptions);
  }

  /**
   * Stops it and starts another with the same data, at another address.
   *
   * @return seconds from the start of the process until it was ready
   */
  double restart() {
    var unused = ask(KEEP);
    awaitEnd(running.process());
    running = launch();
    return running.readySeconds();
  }

  /**
   * Kills it, as kill -9 does, and starts another with the same data, at another address.
   *
   * @return seconds from the start of the process until it was ready
   */
  double killAndRestart() {
    running.process().destroyForcibly().onExit().join();
    running = launch();
    return running.readySeconds();
  }

  private Running launch() {
    ProcessBuilder builder =
        new ProcessBuilder(command(data, tls, javaOptions))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(KEY_VARIABLE, key.toText());
    long start = System.nanoTime();
    try {
      Process process = builder.start();
      BufferedReader output =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      StringBuilder said = new StringBuilder(); // Java says some of its own faults here
      String line = output.readLine();
      while (line != null && !line.startsWith(READY)) {
        said.append(": ").append(line);
        line = output.readLine();
      }
      if (line == null) {
        awaitEnd(process);
        BenchDirectory.delete(data);
        throw new MusterException(
            "the bench's master did not start" + (said.isEmpty() ? "; see above" : said));
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      Writer input =
          new BufferedWriter(
              new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
      return new Running(process, output, input, line.substring(READY.length()), seconds);
    } catch (IOException e) {
      throw new MusterException(
          "the bench's master cannot be started on " + data + ": " + e.getMessage(), e);
    }
  }

  /** The child's command line. */
  static List<String> command(Path data, boolean tls, List<String> javaOptions) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(QuietJava.forMaster());
    String detection = System.getProperty(LEAK_DETECTION);
    if (detection != null) {
      command.add("-D" + LEAK_DETECTION + "=" + detection);
    }
    command.addAll(javaOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(MasterProcess.class.getName(), data.toString(), Boolean.toString(tls)));
    return command;
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
    AtomicBoolean keep = new AtomicBoolean();
    // A hook, because a Ctrl-C in a terminal reaches this process, too.
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> end(master, data, keep.get()), "bench-end"));
    System.out.println(READY + master.address());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String asked = input.readLine(); asked != null; asked = input.readLine()) {
      if (asked.equals(COLLECT)) {
        System.gc();
      }
      keep.set(asked.equals(KEEP));
      System.out.println(USED + ProcessUsage.ofThisProcess().toLine());
    }
    System.exit(0);
  }

  private static void end(Master master, Path data, boolean keep) {
    master.close();
    if (!keep) {
      BenchDirectory.delete(data);
    }
  }

  /** What a client connects with. */
  ConnectOptions connect() {
    return ConnectOptions.to(running.address(), key).withPlaintext(!tls);
  }

  /** Whether it is this process. */
  boolean is(ProcessHandle process) {
    return running.process().pid() == process.pid();
  }

  /** What the process has used since its start. */
  ProcessUsage usage() {
    return ask(USAGE);
  }

  /** The same, after it has collected its garbage: not while anything is measured. */
  ProcessUsage collected() {
    return ask(COLLECT);
  }

  private ProcessUsage ask(String question) {
    try {
      running.input().write(question + "\n");
      running.input().flush();
      String line = running.output().readLine();
      while (line != null && !line.startsWith(USED)) {
        System.err.println(line); // What it logs, of a pause say.
        line = running.output().readLine();
      }
      if (line != null) {
        return ProcessUsage.parse(line.substring(USED.length()));
      }
    } catch (IOException gone) {
      // then it has died
    }
    throw new MusterException("the bench's master has died; see above");
  }

  @Override
  public void close() {
    awaitEnd(running.process());
    BenchDirectory.delete(data); // what is left of it: it removes it itself, unless it is killed
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
}
