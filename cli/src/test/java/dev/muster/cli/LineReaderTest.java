package dev.muster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {

  @Test
  void shouldSplitAtLineFeeds() throws IOException {
    assertThat(lines("a\nbb\r\n\nc")).containsExactly("a", "bb", "", "c");
  }

  @Test
  void shouldNotInventALineWhenTheLastOneIsComplete() throws IOException {
    assertThat(lines("a\n")).containsExactly("a");
    assertThat(lines("")).isEmpty();
  }

  @Test
  void shouldJoinWhatArrivesInPieces() throws IOException {
    // given a stream that gives one byte at a time
    InputStream slow =
        new ByteArrayInputStream("ab\ncd\n".getBytes(UTF_8)) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(length, 1));
          }
        };

    assertThat(lines(new LineReader(slow, 100))).containsExactly("ab", "cd");
  }

  @Test
  void shouldReadLinesLongerThanItsFirstBuffer() throws IOException {
    String lengthy = "x".repeat(200_000);

    assertThat(lines("a\n" + lengthy + "\n" + lengthy + "\nb"))
        .containsExactly("a", lengthy, lengthy, "b");
  }

  @Test
  void shouldRefuseALineOverTheLimitWithItsNumber() throws IOException {
    LineReader reader =
        new LineReader(
            new ByteArrayInputStream(("a\n" + "x".repeat(500_000)).getBytes(UTF_8)), 1_000);
    assertThat(reader.next()).isEqualTo("a".getBytes(UTF_8));

    assertThatThrownBy(reader::next)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("line 2 is longer");
  }

  @Test
  void shouldCountLines() throws IOException {
    LineReader reader = new LineReader(new ByteArrayInputStream("a\n\nb".getBytes(UTF_8)), 100);

    reader.next();
    reader.next();
    reader.next();

    assertThat(reader.lineNumber()).isEqualTo(3);
  }

  private static List<String> lines(String text) throws IOException {
    return lines(new LineReader(new ByteArrayInputStream(text.getBytes(UTF_8)), 1 << 20));
  }

  private static List<String> lines(LineReader reader) throws IOException {
    List<String> lines = new ArrayList<>();
    for (byte[] line = reader.next(); line != null; line = reader.next()) {
      lines.add(new String(line, UTF_8));
    }
    return lines;
  }
}
