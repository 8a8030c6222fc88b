package dev.muster.compare;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A directory of its own and the server's processes that have their data there. Both go together,
 * when it is closed or this process ends. Safe to close twice.
 */
final class Workplace implements AutoCloseable {
  private static final long READY_NS = TimeUnit.SECONDS.toNanos(90);
  private static final long STOP_S = 30;
  private static final int LINES_SHOWN = 8;

  private final Path directory;
  private final Deque<Process> processes = new ArrayDeque<>();
  private final Thread hook = new Thread(this::remove, "workplace-end");
  private boolean removed;

  private Workplace(Path directory) {
    this.directory = directory;
  }

  static Workplace create() {
    try {
      Workplace workplace = new Workplace(Files.createTempDirectory("muster-compare"));
      Runtime.getRuntime().addShutdownHook(workplace.hook);
      return workplace;
    } catch (IOException e) {
      throw new ComparisonException("the peer gets no directory: " + e.getMessage(), e);
    }
  }

  Path directory() {
    return directory;
  }

  /** A port of loopback that was free a moment ago. */
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new ComparisonException("no port is free: " + e.getMessage(), e);
    }
  }

  /** Writes a file into the directory. */
  Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  /**
   * Starts a process in the directory. What it prints goes to a file there.
   *
   * @param environment added to this process's own
   */
  synchronized void start(List<String> command, Map<String, String> environment)
      throws IOException {
    if (removed) {
      throw new IOException("the comparison is ending");
    }
    File log = directory.resolve("output.log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.push(process);
    process.getOutputStream().close();
  }

  /**
   * Starts a server of this comparison's own class path on this Java, with as much memory as
   * Muster's master has.
   *
   * @param options for Java
   */
  void startJava(Class<?> main, List<String> options, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseParallelGC"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    start(command, Map.of());
  }

  /**
   * Waits until the process started last listens.
   *
   * @throws ComparisonException when it ends, or takes longer than 90 s
   */
  void awaitPort(int port) throws InterruptedException {
    Process last = last();
    long start = System.nanoTime();
    while (!listens(port)) {
      if (!last.isAlive()) {
        throw new ComparisonException("the server ended with exit code " + last.exitValue());
      }
      if (System.nanoTime() - start > READY_NS) {
        throw new ComparisonException("the server does not listen after 90 s");
      }
      Thread.sleep(20);
    }
  }

  private synchronized Process last() {
    return processes.getFirst();
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What the processes have used so far. */
  synchronized Usage usage() {
    return Usage.of(processes.stream().map(Process::toHandle));
  }

  /** What the processes printed last, for a person; empty when they printed nothing. */
  String lastLines() {
    try {
      Path log = directory.resolve("output.log");
      if (!Files.exists(log)) {
        return "";
      }
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      List<String> last = lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size());
      return last.isEmpty() ? "" : "\n  the server's last lines:\n  " + String.join("\n  ", last);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    remove();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // then the hook runs, and finds nothing to do
    }
  }

  private synchronized void remove() {
    removed = true;
    while (!processes.isEmpty()) {
      end(processes.pop());
    }
    delete(directory);
  }

  /** Asks it to end, and then makes it and its children. */
  private static void end(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  private static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("remove it by hand: " + directory + ": " + e);
    }
  }
}
