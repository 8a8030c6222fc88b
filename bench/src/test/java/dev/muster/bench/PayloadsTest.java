package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

final class PayloadsTest {
  /** More than a store compresses at a time. */
  private static final int TOGETHER = 64 << 10;

  @Test
  void shouldBeOfTheSizeAndNoneLikeTheOneBefore() {
    Payloads payloads = new Payloads(100);

    byte[] first = payloads.next();

    assertThat(first).hasSize(100);
    assertThat(payloads.next()).hasSize(100).isNotEqualTo(first);
    assertThat(new Payloads(1 << 20).next()).hasSize(1 << 20);
    assertThat(new Payloads(0).next()).isEmpty();
  }

  @Test
  void shouldNotBecomeSmallerWhenTheyAreCompressedTogether() {
    Payloads payloads = new Payloads(100);
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    while (block.size() < TOGETHER) {
      block.writeBytes(payloads.next());
    }
    Deflater deflater = new Deflater();
    deflater.setInput(block.toByteArray());
    deflater.finish();

    int compressed = deflater.deflate(new byte[2 * TOGETHER]);
    deflater.end();

    assertThat(compressed).isGreaterThanOrEqualTo(block.size());
  }
}
