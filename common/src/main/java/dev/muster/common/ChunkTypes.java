package dev.muster.common;

/** What a pool and the workers have agreed on; see {@code pool.proto}. */
public final class ChunkTypes {
  /** Content type of a task whose payload is a {@code Chunk}. */
  public static final String CHUNK = "application/vnd.muster.chunk";

  /** Content type of a result that is a {@code ChunkResult}. */
  public static final String RESULT = "application/vnd.muster.chunk-result";

  /** How long the unique key of a chunk holds, ms: so long after a crash a map can be resumed. */
  public static final long KEY_HOLDS_MS = 7L * 24 * 60 * 60 * 1_000;

  private ChunkTypes() {}

  /**
   * The unique key of a chunk that a chunk's completion enqueues.
   *
   * @param task the completed one
   * @param number from 0 for each completed one
   */
  public static String followUpKey(long task, int number) {
    return "chunk-of/" + Long.toUnsignedString(task) + "/" + number;
  }
}
