package dev.muster.bench;

import java.util.Random;

/**
 * Payloads of one size, as no disk, store or network makes them smaller: noise, and none like those
 * before it. The same in each run. Used by one thread.
 */
final class Payloads {
  private static final long SEED = 1;

  /** Of all together, so that making them is no work beside the load. */
  private static final int BYTES = 4 << 20;

  private static final int COUNT_MAX = 1_024;

  private final byte[][] all;
  private int next;

  Payloads(int bytes) {
    int count = Math.max(1, Math.min(COUNT_MAX, BYTES / Math.max(1, bytes)));
    Random random = new Random(SEED);
    all = new byte[count][bytes];
    for (byte[] one : all) {
      random.nextBytes(one);
    }
  }

  /** The next one. Not to be written to: its turn comes again. */
  byte[] next() {
    byte[] one = all[next];
    next = (next + 1) % all.length;
    return one;
  }
}
