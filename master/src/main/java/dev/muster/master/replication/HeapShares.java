package dev.muster.master.replication;

/**
 * What the large holders of memory may hold, as shares of the heap, so that a small one lasts and
 * what a large one has beyond its need is left to others.
 *
 * <pre>
 *   heap >= frozen generation + current one      2 x 2 generations: each may be twice as large
 *           + log entries that Ratis keeps       2 x 1 segment: the open one, and those closed last
 *           + requests that wait for an entry    1 x waiting
 *           + a third for what comes and goes
 * </pre>
 *
 * @param generationBytes a generation that holds so many is flushed
 * @param segmentBytes a segment of the log ends there; the entries of the open one are in memory
 * @param waitingBytes requests that wait for an entry beyond this are refused
 */
public record HeapShares(long generationBytes, long segmentBytes, long waitingBytes) {
  private static final long MIB = 1L << 20;

  /** From here on all is as large as it is good for. */
  private static final long BYTES_MAX = 64 * MIB;

  /** A segment holds a largest entry, and not only that. */
  private static final long SEGMENT_BYTES_MIN = 16 * MIB;

  private static final long BYTES_MIN = 8 * MIB;

  public HeapShares {
    if (generationBytes < 1 || segmentBytes < SEGMENT_BYTES_MIN || waitingBytes < 1) {
      throw new IllegalArgumentException(
          "expected a byte or more, and segments of "
              + SEGMENT_BYTES_MIN
              + " or more, found "
              + generationBytes
              + ", "
              + segmentBytes
              + " and "
              + waitingBytes);
    }
  }

  /** Of a heap that may grow to so many bytes. */
  public static HeapShares of(long heapBytes) {
    return new HeapShares(
        between(BYTES_MIN, heapBytes / 12),
        between(SEGMENT_BYTES_MIN, heapBytes / 12),
        between(BYTES_MIN, heapBytes / 8));
  }

  /** Of this process' heap. */
  public static HeapShares ofThisProcess() {
    return of(Runtime.getRuntime().maxMemory());
  }

  private static long between(long min, long share) {
    return Math.max(min, Math.min(share, BYTES_MAX));
  }
}
