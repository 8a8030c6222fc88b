package dev.muster.master.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Names one lane: an ordered sequence of tasks of one queue. Its fields are the head of every key
 * of the {@code order} column family, so that the order of the keys is the order of the tasks.
 *
 * @param kind what the tasks of this lane have in common
 * @param queue number of the queue
 * @param line number of the line within the kind; 0 where the kind knows no lines
 */
public record LaneKey(Kind kind, int queue, long line) {
  /** Bytes of a key: kind, queue, line, position. */
  public static final int BYTES = 1 + 4 + 8 + 8;

  private static final int PREFIX_BYTES = 1 + 4 + 8;

  /** What the tasks of a lane have in common. The code is stored: never change one. */
  public enum Kind {
    /** Waiting for a worker, in the order in which they go out. */
    READY(1),
    /** Handed out and not yet settled; in order of id. */
    LEASED(2),
    /** Succeeded, and the result kept; in order of completion. */
    RETAINED(3),
    /** Failed for good; in order of failure. */
    DEAD(4),
    /** Waiting for a time or for other tasks; in order of id. */
    DELAYED(5),
    /** Cancelled or expired; in the order in which they were. */
    ENDED(6),
    /** Set aside after too many crashes; in the order in which they were. */
    QUARANTINED(7);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    /** The stored byte. */
    public byte code() {
      return code;
    }

    /**
     * The kind with this stored byte.
     *
     * @throws IllegalStateException when there is none: written by a newer program, or corrupt
     */
    public static Kind of(int code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalStateException("lane kind must be 1 to 7, found " + code);
    }
  }

  /** The key of the task at this place in this lane. */
  public byte[] at(long position) {
    return ByteBuffer.allocate(BYTES)
        .put(kind.code())
        .putInt(queue)
        .putLong(line)
        .putLong(position)
        .array();
  }

  /** Follows every key of this lane, and no key of the lanes after it. */
  byte[] end() {
    return Arrays.copyOf(at(Long.MAX_VALUE), BYTES + 1);
  }

  /** The lane of a stored key. */
  static LaneKey of(byte[] key) {
    ByteBuffer buffer = ByteBuffer.wrap(key);
    return new LaneKey(Kind.of(buffer.get()), buffer.getInt(), buffer.getLong());
  }

  static long positionOf(byte[] key) {
    return ByteBuffer.wrap(key).getLong(PREFIX_BYTES);
  }
}
