package dev.muster.client.pool;

/**
 * How many items the next chunk gets: one at first, then as many as take a quarter of a second by
 * what chunks took. Grows by steps, each after a chunk of about the size that was chosen last has
 * been measured; shrinks at once. Pure; guarded by its owner.
 */
final class ChunkSizer {
  private static final double TARGET_US = 250_000;
  private static final double RESULT_BYTES_MAX = 256 << 10;
  private static final int GROWTH = 4;
  private static final double LATEST = 0.5;

  private final boolean automatic;
  private int size;
  private double itemUs;
  private double itemBytes;

  /** Of this size always; 0: automatic. */
  ChunkSizer(int fixed) {
    automatic = fixed == 0;
    size = automatic ? 1 : fixed;
  }

  boolean isAutomatic() {
    return automatic;
  }

  int size() {
    return size;
  }

  /** Goes on where an earlier caller was. */
  void startAt(int size) {
    if (automatic && size > 0) {
      this.size = Math.min(size, MapOptions.CHUNK_ITEMS_MAX);
    }
  }

  /**
   * A chunk was measured.
   *
   * @param items that ran, at least 1
   * @param us how long all of them took
   * @param resultBytes how large their results are
   */
  void ran(int items, long us, long resultBytes) {
    if (!automatic || items < 1) {
      return;
    }
    itemUs = mean(itemUs, Math.max(0.01, (double) us / items));
    itemBytes = mean(itemBytes, Math.max(1, (double) resultBytes / items));
    double fits = Math.min(TARGET_US / itemUs, RESULT_BYTES_MAX / itemBytes);
    int wanted = (int) Math.max(1, Math.min(MapOptions.CHUNK_ITEMS_MAX, fits));
    if (wanted < size) {
      size = wanted;
    } else if (items * 2 >= size) {
      size = Math.min(wanted, size * GROWTH);
    }
  }

  private static double mean(double before, double latest) {
    return before == 0 ? latest : before * (1 - LATEST) + latest * LATEST;
  }
}
