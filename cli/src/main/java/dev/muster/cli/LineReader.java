package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into lines of bytes. Hands a line out as soon as it is there, also when the next
 * one is long in coming. Not thread-safe.
 */
final class LineReader {
  private final InputStream in;
  private final int lineBytesMax;
  private byte[] buffer = new byte[1 << 16];
  private int start;
  private int end;
  private long lineNumber;

  LineReader(InputStream in, int lineBytesMax) {
    this.in = in;
    this.lineBytesMax = lineBytesMax;
  }

  /** Number of the line that was read last, from 1. */
  long lineNumber() {
    return lineNumber;
  }

  /**
   * The next line without its line break (LF or CRLF); null at the end.
   *
   * @throws InvalidInputException when the line is longer than the limit
   */
  byte @Nullable [] next() throws IOException {
    int scanned = start;
    lineNumber++;
    while (true) {
      for (int i = scanned; i < end; i++) {
        if (buffer[i] == '\n') {
          byte[] line = line(i);
          start = i + 1;
          return line;
        }
      }
      if (end - start > lineBytesMax + 1) {
        throw new InvalidInputException(JsonText.tooLong("line " + lineNumber));
      }
      scanned = end - start;
      makeRoom();
      scanned += start;
      int read = in.read(buffer, end, buffer.length - end);
      if (read < 0) {
        if (start == end) {
          return null;
        }
        byte[] line = line(end);
        start = end;
        return line;
      }
      end += read;
    }
  }

  private byte[] line(int lineEnd) {
    int trimmed = lineEnd > start && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    return Arrays.copyOfRange(buffer, start, trimmed);
  }

  private void makeRoom() {
    if (end < buffer.length) {
      return;
    }
    byte[] target = start > 0 ? buffer : new byte[buffer.length * 2];
    System.arraycopy(buffer, start, target, 0, end - start);
    buffer = target;
    end -= start;
    start = 0;
  }
}
