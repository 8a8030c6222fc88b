package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A real process, by default of the runnable jar, with its output gathered line by line.
 * Thread-safe.
 */
final class JarProcess implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final Path JAR =
      Path.of(System.getProperty("muster.jar", "target/muster.jar")).toAbsolutePath();
  static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  private final Process process;
  private final Lines out = new Lines();
  private final Lines err = new Lines();
  private final List<Thread> readers;

  private JarProcess(Process process) {
    this.process = process;
    this.readers =
        List.of(reader(process.getInputStream(), out), reader(process.getErrorStream(), err));
  }

  /** Starts the muster command. */
  static JarProcess start(Map<String, String> environment, String... args) {
    return startWith(List.of(), environment, args);
  }

  /** Starts the muster command, with more options for Java. */
  static JarProcess startWith(
      List<String> javaOptions, Map<String, String> environment, String... args) {
    List<String> command = new ArrayList<>(List.of(JAVA.toString()));
    command.addAll(ClassArchive.QUICK_START);
    command.addAll(ClassArchive.options());
    command.addAll(javaOptions);
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(args));
    return startCommand(environment, Path.of("").toAbsolutePath(), command);
  }

  /** Starts any command; what it inherits of Muster's variables is removed. */
  static JarProcess startCommand(
      Map<String, String> environment, Path directory, List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MUSTER_"));
    builder.environment().putAll(environment);
    try {
      return new JarProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs the muster command to its end. */
  static CommandRun run(Map<String, String> environment, String... args) {
    return runWithInput(environment, "", args);
  }

  /** Runs the muster command to its end, with this on its standard input. */
  static CommandRun runWithInput(Map<String, String> environment, String input, String... args) {
    try (JarProcess process = start(environment, args)) {
      process.input(input);
      return process.awaitEnd();
    }
  }

  /**
   * Writes the whole standard input, and ends it. A process that does not read it to the end is no
   * fault.
   */
  void input(String text) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException notRead) {
      // it ended first, and its exit code says why
    }
  }

  CommandRun awaitEnd() {
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("ended; so far: %s %s", out, err)
          .isTrue();
      for (Thread reader : readers) {
        reader.join();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return new CommandRun(process.exitValue(), out.text(), err.text());
  }

  /** Waits for a line on standard output that matches as a whole; returns the match. */
  Matcher awaitOut(String regex) {
    return out.await(Pattern.compile(regex), err);
  }

  /** Waits for a line on standard error that matches as a whole; returns the match. */
  Matcher awaitErr(String regex) {
    return err.await(Pattern.compile(regex), out);
  }

  /** What it has printed so far. */
  String outSoFar() {
    return out.text();
  }

  /** SIGKILL; returns when it is gone. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** SIGTERM. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy would also close what it prints to
  }

  /** SIGINT, as Ctrl-C sends. */
  void interrupt() {
    signal("-INT");
  }

  /** SIGSTOP. */
  void pause() {
    signal("-STOP");
  }

  /** SIGCONT. */
  void goOn() {
    signal("-CONT");
  }

  private void signal(String signal) {
    try {
      int exit = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
      assertThat(exit).isZero();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Kills it and what it started, if they still run. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static Thread reader(InputStream stream, Lines lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  lines.add(line);
                }
              } catch (IOException closed) {
                // the process is gone
              } finally {
                lines.end();
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static final class Lines {
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }

    synchronized void end() {
      ended = true;
      notifyAll();
    }

    synchronized Matcher await(Pattern pattern, Lines other) {
      long endNanos = System.nanoTime() + PATIENCE.toNanos();
      int seen = 0;
      while (true) {
        for (; seen < lines.size(); seen++) {
          Matcher matcher = pattern.matcher(lines.get(seen));
          if (matcher.matches()) {
            return matcher;
          }
        }
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        assertThat(!ended && leftMs > 0)
            .as("a line like %s; found %s beside %s", pattern, lines, other)
            .isTrue();
        try {
          wait(leftMs);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }

    synchronized String text() {
      return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }

    @Override
    public synchronized String toString() {
      return lines.toString();
    }
  }
}
