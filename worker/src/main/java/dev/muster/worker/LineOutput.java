package dev.muster.worker;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Makes lines of what is printed; longer ones are cut into pieces. Thread-safe. */
final class LineOutput extends OutputStream {
  /** What is kept of a log line. */
  private static final int LINE_BYTES_MAX = 4 << 10;

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final Consumer<String> lines;

  private LineOutput(Consumer<String> lines) {
    this.lines = lines;
  }

  static LineOutput to(Consumer<String> lines) {
    return new LineOutput(lines);
  }

  /** To print to. */
  PrintStream printer() {
    return new PrintStream(this, true, StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void write(int b) {
    if (b == '\n') {
      end();
      return;
    }
    boolean startsCharacter = (b & 0xC0) != 0x80;
    if (line.size() >= LINE_BYTES_MAX - 4 && startsCharacter) {
      end();
    }
    line.write(b);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      write(bytes[i]);
    }
  }

  /** What has no end yet is a line too. */
  synchronized void flushLine() {
    if (line.size() > 0) {
      end();
    }
  }

  private void end() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    lines.accept(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
  }
}
