package dev.muster.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a command reads from and writes to: so that a test can stand in for all of it.
 *
 * @param in standard input
 * @param out standard output, buffered: a command flushes it when a person or a pipe should see
 *     what it wrote
 * @param err standard error
 * @param environment the environment variables
 * @param tty which of them are a terminal that a person looks at
 */
record Terminal(
    InputStream in, PrintStream out, PrintStream err, Map<String, String> environment, Tty tty) {

  /** Streams that are no terminal. */
  Terminal(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment) {
    this(in, out, err, environment, Tty.NONE);
  }

  /** The process's own. Always UTF-8: payloads are JSON, whatever the locale says. */
  static Terminal ofProcess() {
    return new Terminal(
        new FileInputStream(FileDescriptor.in),
        new CheckedOutput(new FileOutputStream(FileDescriptor.out)),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        System.getenv(),
        Tty.ofProcess());
  }

  /** The variable's value; null when it is unset or empty. */
  @Nullable String variable(String name) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** Writes a line and makes it visible at once. */
  void say(String line) {
    out.println(line);
    out.flush();
  }

  /** Writes a line about the run, not about its result. */
  void note(String line) {
    err.println("muster: " + line);
  }
}
