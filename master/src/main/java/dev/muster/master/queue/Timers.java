package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is to happen when: keys of time, kind and id, in the order of time. The leader asks for it
 * by an {@code Advance} when the first is due; nothing happens by itself.
 */
final class Timers {
  /** What a timer is for. The code is stored: never change one. */
  enum Kind {
    /** A delayed task is due, or a waiting one expires. */
    TASK(1),
    /** A unique key is free again; the value is the key. */
    UNIQUE(2),
    /** The oldest of what a queue keeps may be old enough to go; the id is the queue's number. */
    RETENTION(3);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    static Kind of(int code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalStateException("timer kind must be 1 to 3, found " + code);
    }
  }

  /**
   * @param atMs ms since the epoch
   * @param value what the kind needs
   */
  record Timer(long atMs, Kind kind, long id, ByteString value) {}

  private final Index index;

  /** No timer is before this time, ms since the epoch; {@link Long#MAX_VALUE}: there is none. */
  private long nextMs;

  Timers(Index index) {
    this.index = index;
    this.nextMs = 0;
  }

  /** Reads when the first is due, at start. */
  void restore() {
    nextMs = Long.MAX_VALUE;
    index.scan(
        ByteString.EMPTY,
        (key, value) -> {
          nextMs = timer(key, value).atMs;
          return false;
        });
  }

  long nextMs() {
    return nextMs;
  }

  void set(long atMs, Kind kind, long id, ByteString value) {
    index.put(key(atMs, kind, id), value);
    nextMs = Math.min(nextMs, atMs);
  }

  void set(long atMs, Kind kind, long id) {
    set(atMs, kind, id, ByteString.EMPTY);
  }

  void clear(long atMs, Kind kind, long id) {
    index.delete(key(atMs, kind, id));
  }

  /** Takes the timers that are due, the earliest first, at most so many. */
  List<Timer> takeDue(long nowMs, int max) {
    List<Timer> due = new ArrayList<>();
    long[] next = {Long.MAX_VALUE};
    index.scan(
        key(nextMs == Long.MAX_VALUE ? 0 : nextMs),
        (key, value) -> {
          Timer timer = timer(key, value);
          if (timer.atMs > nowMs || due.size() == max) {
            next[0] = timer.atMs;
            return false;
          }
          due.add(timer);
          return true;
        });
    due.forEach(timer -> clear(timer.atMs, timer.kind, timer.id));
    nextMs = next[0];
    return due;
  }

  private static ByteString key(long atMs) {
    return ByteString.copyFrom(ByteBuffer.allocate(8).putLong(atMs).flip());
  }

  static ByteString key(long atMs, Kind kind, long id) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(17).putLong(atMs).put(kind.code).putLong(id).flip());
  }

  static Timer timer(ByteString key, ByteString value) {
    ByteBuffer buffer = key.asReadOnlyByteBuffer();
    return new Timer(buffer.getLong(), Kind.of(buffer.get()), buffer.getLong(), value);
  }
}
