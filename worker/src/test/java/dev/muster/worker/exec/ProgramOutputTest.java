package dev.muster.worker.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ProgramOutputTest {
  private final List<String> lines = new ArrayList<>();

  private ProgramOutput read(byte[] bytes) {
    ProgramOutput output = new ProgramOutput(new ByteArrayInputStream(bytes), lines::add);
    output.readAll();
    return output;
  }

  private static Map<String, Object> result(ProgramOutput output) {
    Map<String, Object> result = new TreeMap<>();
    output.writeTo(result, "stdout");
    return result;
  }

  @Test
  void shouldTellEachLineAndRememberTheLast() {
    ProgramOutput output = read("a\r\n\n10 %\r20 %\rgrün\n \n".getBytes(StandardCharsets.UTF_8));

    assertThat(lines).containsExactly("a", "10 %", "20 %", "grün");
    assertThat(output.lastLine()).isEqualTo("grün");
    assertThat(output.tail(9)).isEqualTo("\rgrün\n \n");
  }

  @Test
  void shouldTellALongLineInParts() {
    ProgramOutput output = read("x".repeat(5_000).getBytes(StandardCharsets.UTF_8));

    assertThat(lines).extracting(String::length).containsExactly(4_096, 904);
    assertThat(output.isTruncated()).isFalse();
  }

  @Test
  void shouldNotCutACharacterInHalf() {
    byte[] bytes = ("x" + "€".repeat(400_000)).getBytes(StandardCharsets.UTF_8);

    ProgramOutput output = read(bytes);

    assertThat(output.isTruncated()).isTrue();
    assertThat((String) result(output).get("stdout"))
        .isEqualTo("x" + "€".repeat((ProgramOutput.KEPT_BYTES_MAX - 1) / 3));
  }

  @Test
  void shouldSendBytesThatAreNoTextInBase64() {
    byte[] bytes = {'a', (byte) 0xC3};

    assertThat(result(read(bytes)))
        .isEqualTo(Map.of("stdoutBase64", Base64.getEncoder().encodeToString(bytes)));
  }

  @Test
  void shouldSendTextInBase64WhenItsJsonWouldBeTooLong() {
    byte[] zeros = new byte[ProgramOutput.KEPT_BYTES_MAX];

    assertThat(result(read(zeros))).containsOnlyKeys("stdoutBase64");
    assertThat(result(read(Arrays.copyOf(zeros, 1_000)))).containsOnlyKeys("stdout");
  }
}
