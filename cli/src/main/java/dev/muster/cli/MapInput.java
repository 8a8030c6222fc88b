package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.cli.ItemForm.Item;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The items of {@code muster map}, one for each line that is not empty. Remembers those that are
 * under way, for who must say of a result what it came from. One thread iterates; what is
 * remembered is for any.
 */
final class MapInput implements Iterator<ByteString> {
  /** So much is remembered, bytes; what was forgotten is only not shown. */
  private static final long REMEMBERED_BYTES_MAX = 32 << 20;

  private static final int BYTES_OF_AN_ENTRY = 80;

  private final ReadAhead ahead;
  private final LineReader lines;
  private final ItemForm form;
  private final MapWork work;
  private final BooleanSupplier cut;
  private final long fileBytes;
  private byte @Nullable [] next;

  /** Of the next item, from 0. */
  private long index;

  // This object's lock.
  private final TreeMap<Long, byte[]> remembered = new TreeMap<>();
  private long rememberedBytes;
  private long taken;
  private long takenBytes;

  /**
   * @param cut asked at the end of the input whether it is none: a Ctrl-C ends the program that
   *     writes the input, too; may wait
   */
  MapInput(InputStream in, ItemForm form, MapWork work, BooleanSupplier cut) {
    this.cut = cut;
    this.fileBytes = size(in);
    this.ahead = new ReadAhead(in);
    this.lines = new LineReader(ahead, Limits.PAYLOAD_BYTES_MAX);
    this.form = form;
    this.work = work;
  }

  /** 0: not a file. */
  private static long size(InputStream in) {
    if (in instanceof FileInputStream file) {
      try {
        return file.getChannel().size();
      } catch (IOException notAFile) {
        return 0;
      }
    }
    return 0;
  }

  @Override
  public boolean hasNext() {
    try {
      while (next == null || next.length == 0) {
        byte[] line = lines.next();
        if (line == null) {
          if (cut.getAsBoolean()) {
            awaitTheEnd();
          }
          return false;
        }
        next = line;
      }
      return true;
    } catch (IOException e) {
      throw new InvalidInputException("standard input cannot be read: " + e.getMessage(), e);
    }
  }

  /** The map ends, and must not take what it has for the whole input. */
  private static void awaitTheEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted while the map ends", e);
    }
  }

  @Override
  public ByteString next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the input has ended");
    }
    byte[] line = next;
    next = null;
    Item item = form.read(line, lines.lineNumber());
    remember(index, line);
    index++;
    return work.payload(item, index);
  }

  private synchronized void remember(long index, byte[] line) {
    taken++;
    takenBytes += line.length + 1L;
    remembered.put(index, line);
    rememberedBytes += line.length + BYTES_OF_AN_ENTRY;
    while (rememberedBytes > REMEMBERED_BYTES_MAX && remembered.size() > 1) {
      forgotten(remembered.pollFirstEntry().getValue());
    }
  }

  private void forgotten(byte[] line) {
    rememberedBytes -= line.length + BYTES_OF_AN_ENTRY;
  }

  /** The item with this index, which is forgotten then; null when it is not remembered. */
  synchronized @Nullable Item take(long index) {
    byte[] line = remembered.remove(index);
    if (line == null) {
      return null;
    }
    forgotten(line);
    return form.read(line, index + 1);
  }

  /** Forgets this one. */
  synchronized void forget(long index) {
    byte[] line = remembered.remove(index);
    if (line != null) {
      forgotten(line);
    }
  }

  /** Forgets all before this one: their results will not come. */
  synchronized void forgetBefore(long index) {
    while (!remembered.isEmpty() && remembered.firstKey() < index) {
      forgotten(remembered.pollFirstEntry().getValue());
    }
  }

  /** How many items there are in all; below 0: not known yet. */
  long total() {
    return ahead.lines();
  }

  /** The same by the size of the file and of the items so far; below 0: not known. */
  synchronized long estimate() {
    return fileBytes > 0 && takenBytes > 0 ? taken * fileBytes / takenBytes : -1;
  }
}
