package dev.muster.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/**
 * How fast the disk makes a sequence of blocks durable where the bench's masters have their data: a
 * new file that grows, as a log's does, and an fsync of its data after so many blocks.
 */
final class DiskSpeed {
  static final int BLOCK_BYTES = 1 << 20;

  private static final long SEED = 1;

  private DiskSpeed() {}

  /**
   * MB a second.
   *
   * @param blocks written in all, of 1 MiB each
   * @param blocksPerSync after which they are made durable
   */
  static double mbPerSecond(int blocks, int blocksPerSync) {
    byte[] noise = new byte[BLOCK_BYTES]; // Zeros might never reach the disk.
    new Random(SEED).nextBytes(noise);
    ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES).put(noise);
    try (FileChannel file =
        FileChannel.open(
            Files.createTempFile(BenchDirectory.NAME, ".blocks"),
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) { // Gone also when this process is killed.
      long start = System.nanoTime();
      for (int i = 1; i <= blocks; i++) {
        block.clear();
        while (block.hasRemaining()) {
          file.write(block);
        }
        if (i % blocksPerSync == 0 || i == blocks) {
          file.force(false);
        }
      }
      return blocks * (double) BLOCK_BYTES * 1e3 / (System.nanoTime() - start);
    } catch (IOException e) {
      throw BenchDirectory.missing(e);
    }
  }
}
