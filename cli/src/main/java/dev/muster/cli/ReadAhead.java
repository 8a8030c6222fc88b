package dev.muster.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream ahead on a thread of its own, up to 16 MiB, and counts its lines: so that the end
 * of an input of usual size is known long before it is reached. One thread reads; {@link #lines} is
 * for any.
 */
final class ReadAhead extends InputStream {
  private static final int BLOCK_BYTES = 64 << 10;
  private static final int BLOCKS_MAX = 256;

  private final InputStream in;
  private final BlockingQueue<Block> blocks = new ArrayBlockingQueue<>(BLOCKS_MAX);
  private Block current = new Block(new byte[0], null);
  private int position;
  private boolean ended;

  /** Lines that are not empty. */
  private final AtomicLong lines = new AtomicLong();

  private volatile boolean complete;

  /** What was read at once; empty: the end, or why there is none. */
  private static final class Block {
    private final byte[] bytes;
    private final @Nullable IOException failure;

    Block(byte[] bytes, @Nullable IOException failure) {
      this.bytes = bytes;
      this.failure = failure;
    }
  }

  ReadAhead(InputStream in) {
    this.in = in;
    Thread thread = new Thread(this::fill, "muster-read-ahead");
    thread.setDaemon(true);
    thread.start();
  }

  /** How many lines there are that are not empty; -1 while the end has not been seen. */
  long lines() {
    return complete ? lines.get() : -1;
  }

  private void fill() {
    byte[] buffer = new byte[BLOCK_BYTES];
    boolean inLine = false;
    try {
      try {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          long more = 0;
          for (int i = 0; i < read; i++) {
            if (buffer[i] != '\n') {
              inLine |= buffer[i] != '\r';
            } else if (inLine) {
              more++;
              inLine = false;
            }
          }
          lines.addAndGet(more);
          blocks.put(new Block(Arrays.copyOf(buffer, read), null));
        }
        lines.addAndGet(inLine ? 1 : 0);
        complete = true;
        blocks.put(new Block(new byte[0], null));
      } catch (IOException e) {
        blocks.put(new Block(new byte[0], e));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    while (position == current.bytes.length) {
      if (current.failure != null) {
        throw current.failure;
      }
      if (ended) {
        return -1;
      }
      try {
        current = blocks.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while input was awaited", e);
      }
      position = 0;
      ended = current.bytes.length == 0;
    }
    int count = Math.min(length, current.bytes.length - position);
    System.arraycopy(current.bytes, position, into, offset, count);
    position += count;
    return count;
  }
}
