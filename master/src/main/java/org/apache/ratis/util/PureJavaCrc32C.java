package org.apache.ratis.util;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * Stands in for the class of this name in Ratis, which checks each record of its log with it: the
 * same checksum (CRC-32C, RFC 3720), by the processor's own instructions instead of tables. Where
 * Ratis' class comes first on the class path nothing differs but the speed. See {@code
 * docs/adr/0009}. Not thread-safe, like the original.
 */
public final class PureJavaCrc32C implements Checksum {
  private final CRC32C checksum = new CRC32C();

  @Override
  public void update(int oneByte) {
    checksum.update(oneByte);
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    checksum.update(bytes, offset, length);
  }

  @Override
  public void update(ByteBuffer bytes) {
    checksum.update(bytes);
  }

  @Override
  public long getValue() {
    return checksum.getValue();
  }

  @Override
  public void reset() {
    checksum.reset();
  }
}
