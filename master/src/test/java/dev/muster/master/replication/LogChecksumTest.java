package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.Checksum;
import org.apache.ratis.util.PureJavaCrc32C;
import org.junit.jupiter.api.Test;

class LogChecksumTest {
  @Test
  void shouldBeOursThatRatisUses() {
    assertThat(PureJavaCrc32C.class.getProtectionDomain().getCodeSource())
        .isEqualTo(RaftSettings.class.getProtectionDomain().getCodeSource());
  }

  /** The check value of CRC-32C, RFC 3720. */
  @Test
  void shouldBeTheStandardsChecksum() {
    Checksum checksum = new PureJavaCrc32C();
    checksum.update("123456789".getBytes(StandardCharsets.US_ASCII));
    assertThat(checksum.getValue()).isEqualTo(0xE3069283L);
  }

  @Test
  void shouldBeWhatRatisOwnClassComputes() throws Exception {
    Checksum ours = new PureJavaCrc32C();
    Checksum theirs = ratisOwn();
    SplittableRandom random = new SplittableRandom(9);
    for (int length = 0; length < 300; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      for (Checksum checksum : List.of(ours, theirs)) {
        checksum.reset();
        checksum.update(bytes, length / 3, length - length / 3);
        checksum.update(ByteBuffer.allocateDirect(length).put(bytes).flip());
        checksum.update(length);
      }
      assertThat(ours.getValue()).as("%d bytes", length).isEqualTo(theirs.getValue());
    }
  }

  /** From its jar, past the class that stands in for it. */
  private static Checksum ratisOwn() throws Exception {
    String name = PureJavaCrc32C.class.getName();
    String file = name.replace('.', '/') + ".class";
    URL original =
        Collections.list(LogChecksumTest.class.getClassLoader().getResources(file)).stream()
            .filter(url -> url.toString().contains("ratis-common"))
            .findFirst()
            .orElseThrow();
    byte[] code;
    try (InputStream in = original.openStream()) {
      code = in.readAllBytes();
    }
    ClassLoader loader =
        new ClassLoader(LogChecksumTest.class.getClassLoader()) {
          @Override
          protected Class<?> loadClass(String wanted, boolean resolve)
              throws ClassNotFoundException {
            return wanted.equals(name)
                ? defineClass(wanted, code, 0, code.length)
                : super.loadClass(wanted, resolve);
          }
        };
    return (Checksum) loader.loadClass(name).getDeclaredConstructor().newInstance();
  }
}
