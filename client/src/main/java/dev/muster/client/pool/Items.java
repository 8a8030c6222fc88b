package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import java.util.Iterator;

/** The input of a map as bytes, one item after the other. For one thread. */
final class Items<T> {
  /** What a chunk holds beside one large item. */
  private static final int CHUNK_OVERHEAD_BYTES = 1 << 10;

  private final Iterator<? extends T> items;
  private final Codec<T> codec;
  private long taken;

  Items(Iterator<? extends T> items, Codec<T> codec) {
    this.items = items;
    this.codec = codec;
  }

  /** May wait, as the iterator does. */
  boolean hasNext() {
    return items.hasNext();
  }

  /** Not written: an earlier caller has. */
  void skip() {
    var unused = items.next();
    taken++;
  }

  ByteString next() {
    ByteString bytes = codec.encode(items.next());
    int max = Limits.PAYLOAD_BYTES_MAX - CHUNK_OVERHEAD_BYTES;
    if (bytes.size() > max) {
      throw new InvalidInputException(
          "item "
              + taken
              + " must have at most "
              + max
              + " bytes, found "
              + bytes.size()
              + ": store it elsewhere and map its address");
    }
    taken++;
    return bytes;
  }

  /** How many were taken. */
  long taken() {
    return taken;
  }
}
