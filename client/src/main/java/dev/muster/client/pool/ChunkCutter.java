package dev.muster.client.pool;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a map's input into chunks: items gather in an open one until it is full, or old; then it is
 * sealed, and waits to be sent. Pure, times are given; guarded by its owner.
 */
final class ChunkCutter {
  /** A chunk takes no more items beyond this; a single item may still be larger. */
  private static final long CHUNK_BYTES = 256 << 10;

  /** When the input is slow, what came must not wait for company. */
  private static final long CHUNK_AGE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int SEALED_MAX = 2;

  private final ChunkSizer sizer;

  /** Cut, and not yet in the window; or in it from before, to be sent again. */
  private final Deque<Batch> sealed = new ArrayDeque<>();

  private @Nullable Batch open;
  private long openSinceNanos;
  private boolean inputEnded;

  /** The input was not given, and goes on beyond what an earlier caller planned. */
  private boolean inputCut;

  /** Items of one chunk. */
  static final class Batch {
    final List<ByteString> items = new ArrayList<>();
    long bytes;

    /** Null: not in the window yet. */
    @Nullable WindowChunk chunk;
  }

  /** Of this size always; 0: of one that is measured. */
  ChunkCutter(int chunkSize) {
    sizer = new ChunkSizer(chunkSize);
  }

  /** See {@link ChunkSizer#startAt}. */
  void startAt(int size) {
    sizer.startAt(size);
  }

  /** See {@link ChunkSizer#ran}. */
  void ran(int items, long us, long resultBytes) {
    sizer.ran(items, us, resultBytes);
  }

  /** How many items the next chunk gets; 0: it is not measured. */
  int measuredSize() {
    return sizer.isAutomatic() ? sizer.size() : 0;
  }

  /** Whether more may be added: enough has been cut when not. */
  boolean hasRoom() {
    return sealed.size() < SEALED_MAX;
  }

  /**
   * Seals the open chunk if this item would make it too large. Comes before each {@link #add}.
   *
   * @return whether a chunk was sealed
   */
  boolean makeWayFor(ByteString item) {
    return open != null && open.bytes + item.size() > CHUNK_BYTES && seal();
  }

  /**
   * Adds an item.
   *
   * @return whether a chunk was sealed: it has all that it gets
   */
  boolean add(ByteString item, long nowNanos) {
    Batch into = open;
    if (into == null) {
      into = new Batch();
      open = into;
      openSinceNanos = nowNanos;
    }
    into.items.add(item);
    into.bytes += item.size();
    return into.items.size() >= sizer.size() && seal();
  }

  /** Adds a chunk that was planned by an earlier caller and may not have been sent. */
  void addAgain(Batch batch) {
    sealed.addLast(batch);
  }

  /** Seals the open chunk if it has been open for too long. */
  void sealOld(long nowNanos) {
    if (open != null && nowNanos - openSinceNanos > CHUNK_AGE_NANOS) {
      seal();
    }
  }

  @CanIgnoreReturnValue
  private boolean seal() {
    if (open != null) {
      sealed.addLast(open);
      open = null;
    }
    return true;
  }

  /** Nothing more comes. */
  void inputEnded() {
    inputEnded = true;
    seal();
  }

  /** Nothing more is given, though there is more. */
  void inputCut() {
    inputCut = true;
    inputEnded();
  }

  boolean isInputEnded() {
    return inputEnded;
  }

  boolean isInputCut() {
    return inputCut;
  }

  /** Everything that was given is cut, and taken. */
  boolean isUsedUp() {
    return inputEnded && open == null && sealed.isEmpty();
  }

  /**
   * Whether there is a chunk to send.
   *
   * @param hasRoom whether one that is not in the window may come there
   */
  boolean hasNext(boolean hasRoom) {
    Batch next = sealed.peekFirst();
    return next != null && (next.chunk != null || hasRoom);
  }

  /** The chunk to send next, after {@link #hasNext}. */
  Batch next() {
    return sealed.removeFirst();
  }
}
