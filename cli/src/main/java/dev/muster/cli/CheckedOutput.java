package dev.muster.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A buffered stream in UTF-8 that remembers why it could not be written; a {@link PrintStream} says
 * only that.
 */
final class CheckedOutput extends PrintStream {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Remembering to;

  CheckedOutput(OutputStream to) {
    this(new Remembering(to));
  }

  private CheckedOutput(Remembering to) {
    super(new BufferedOutputStream(to, BUFFER_BYTES), false, StandardCharsets.UTF_8);
    this.to = to;
  }

  /** Why a stream could not be written: the first failure; empty: not known, or it could. */
  static String failure(PrintStream stream) {
    IOException failure = stream instanceof CheckedOutput checked ? checked.to.failure : null;
    return failure == null || failure.getMessage() == null ? "" : failure.getMessage();
  }

  private static final class Remembering extends OutputStream {
    private final OutputStream to;
    private volatile @Nullable IOException failure;

    Remembering(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        to.write(bytes, from, count);
      } catch (IOException e) {
        throw remembered(e);
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        to.flush();
      } catch (IOException e) {
        throw remembered(e);
      }
    }

    @Override
    public void close() throws IOException {
      to.close();
    }

    private IOException remembered(IOException e) {
      if (failure == null) {
        failure = e;
      }
      return e;
    }
  }
}
