package dev.muster.worker.exec;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a program writes to one of its streams: the first part is kept, each line is told at once,
 * the last line is remembered. One thread reads it; ask it when that has ended, or is given up.
 */
final class ProgramOutput {
  /**
   * So much is kept, bytes. Two of them, in base64 or with a few characters escaped, are one result
   * of 4 MiB.
   */
  static final int KEPT_BYTES_MAX = 1 << 20;

  /** A text whose form in JSON is longer goes as base64. */
  private static final int JSON_BYTES_MAX = KEPT_BYTES_MAX * 15 / 8;

  /** A line is told when it ends, or when it has so many bytes: no watcher sees more of one. */
  private static final int LINE_BYTES_MAX = 4 << 10;

  private final InputStream in;
  private final Consumer<String> lines;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private boolean truncated;
  private String lastLine = "";

  /**
   * @param lines told each line that is not empty
   */
  ProgramOutput(InputStream in, Consumer<String> lines) {
    this.in = in;
    this.lines = lines;
  }

  /**
   * Reads to the end of the stream. Goes on reading when enough is kept: the program must not wait.
   */
  void readAll() {
    byte[] buffer = new byte[8 << 10];
    try (in) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        add(buffer, read);
      }
    } catch (IOException closed) {
      // the program is gone, and was given up
    }
    endLine();
  }

  private synchronized void add(byte[] bytes, int count) {
    int room = Math.min(count, KEPT_BYTES_MAX - kept.size());
    kept.write(bytes, 0, room);
    truncated |= room < count;
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') { // a bare CR: a progress bar draws anew
        endLine();
      } else {
        line.write(bytes[i]);
        if (line.size() >= LINE_BYTES_MAX) {
          endLine();
        }
      }
    }
  }

  private synchronized void endLine() {
    if (line.size() > 0) {
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      if (!text.isBlank()) {
        lastLine = text;
        lines.accept(text);
      }
    }
  }

  /** Whether there was more than is kept. */
  synchronized boolean isTruncated() {
    return truncated;
  }

  /** The last line that is not blank; empty when there was none. */
  synchronized String lastLine() {
    return lastLine;
  }

  /** The last so many bytes of what is kept, for a person. */
  synchronized String tail(int bytes) {
    byte[] all = kept.toByteArray();
    return new String(
        all, Math.max(0, all.length - bytes), Math.min(bytes, all.length), StandardCharsets.UTF_8);
  }

  /** Adds what is kept: as text when it is text, else in base64 under another name. */
  synchronized void writeTo(Map<String, Object> result, String name) {
    byte[] bytes = kept.toByteArray();
    String text = text(truncated ? withoutHalfACharacter(bytes) : bytes);
    if (text != null && jsonBytes(bytes) <= JSON_BYTES_MAX) {
      result.put(name, text);
    } else {
      result.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
    }
  }

  /** Null when it is not UTF-8. */
  private static @Nullable String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** The cut may have gone through a character of up to four bytes. */
  private static byte[] withoutHalfACharacter(byte[] bytes) {
    for (int back = 1; back <= Math.min(4, bytes.length); back++) {
      int first = bytes[bytes.length - back] & 0xFF;
      if ((first & 0xC0) != 0x80) { // not one that continues a character
        int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        return back < length ? Arrays.copyOf(bytes, bytes.length - back) : bytes;
      }
    }
    return bytes;
  }

  private static long jsonBytes(byte[] bytes) {
    long sum = bytes.length;
    for (byte b : bytes) {
      if (b == '"' || b == '\\' || b == '\n' || b == '\t' || b == '\r') {
        sum += 1;
      } else if (b >= 0 && b < ' ') {
        sum += 5;
      }
    }
    return sum;
  }
}
