package dev.muster.master.replication;

/**
 * What the large holders of memory may hold, as shares of the heap, so that a small one lasts and
 * what a large one has beyond its need is left to others.
 *
 * <pre>
 *   heap >= frozen generation + current one      2 x 2 generations: each may be twice as large
 *           + log entries that Ratis keeps       the open segment: 16 MB
 *           + requests that wait for an entry    1 x waiting
 *           + a third for what comes and goes
 * </pre>
 *
 * @param generationBytes a generation that holds so many is flushed
 * @param waitingBytes requests that wait for an entry beyond this are refused
 */
public record HeapShares(long generationBytes, long waitingBytes) {
  private static final long MIB = 1L << 20;

  /** From here on all is as large as it is good for. */
  private static final long BYTES_MAX = 64 * MIB;

  private static final long BYTES_MIN = 8 * MIB;

  public HeapShares {
    if (generationBytes < 1 || waitingBytes < 1) {
      throw new IllegalArgumentException(
          "expected a byte or more, found " + generationBytes + " and " + waitingBytes);
    }
  }

  /** Of a heap that may grow to so many bytes. */
  public static HeapShares of(long heapBytes) {
    return new HeapShares(between(BYTES_MIN, heapBytes / 12), between(BYTES_MIN, heapBytes / 8));
  }

  /** Of this process' heap. */
  public static HeapShares ofThisProcess() {
    return of(Runtime.getRuntime().maxMemory());
  }

  private static long between(long min, long share) {
    return Math.max(min, Math.min(share, BYTES_MAX));
  }
}
