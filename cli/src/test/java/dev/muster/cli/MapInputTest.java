package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.cli.ItemForm.Item;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.worker.exec.ExecCommand;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapInputTest {
  private static final MapWork SQUARE = MapWork.ofHandler("square");

  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> all(MapInput input) {
    List<String> items = new ArrayList<>();
    input.forEachRemaining(item -> items.add(item.toStringUtf8()));
    return items;
  }

  private static MapInput of(String text, ItemForm form, MapWork work) {
    return new MapInput(new ByteArrayInputStream(bytes(text)), form, work, () -> false);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          12,          AUTO, 12,             12
          012,         AUTO, "012",          012
          "a b",       AUTO, "a b",          a b
          a "b",       AUTO, "a \\"b\\"",    a "b"
          {"a": 1},    AUTO, {"a": 1},       {"a": 1}
          null,        AUTO, null,           null
          1 2,         AUTO, "1 2",          1 2
          {"a",        AUTO, "{\\"a\\"",     {"a"
          12,          TEXT, "12",           12
          "a b",       TEXT, "\\"a b\\"",    "a b"
          a\\b,        TEXT, "a\\\\b",       a\\b
          ` "a\\tb" `, JSON, ` "a\\tb" `,    a	b
          """)
  void shouldReadALine(String line, ItemForm form, String json, String text) {
    Item item = form.read(bytes(line), 1);

    assertThat(item.json().toStringUtf8()).isEqualTo(json);
    assertThat(item.text()).isEqualTo(text);
  }

  @Test
  void shouldSayWhichLineIsWrong() {
    MapInput json = of("1\n\n{\n", ItemForm.JSON, SQUARE);
    assertThat(json.next()).isEqualTo(ByteString.copyFromUtf8("1"));
    assertThatThrownBy(json::next)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("line 3, column ");
    assertThatThrownBy(() -> ItemForm.AUTO.read(new byte[] {'a', (byte) 0xFF}, 7))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("line 7 is not UTF-8");
  }

  @Test
  void shouldPassOverEmptyLinesAndCountTheOthers() {
    MapInput input = of("1\n\n\r\n2\r\nx y", ItemForm.AUTO, SQUARE);

    assertThat(all(input)).containsExactly("1", "2", "\"x y\"");
    assertThat(input.total()).isEqualTo(3);
  }

  @Test
  void shouldMakeACommandOfEachLine() {
    MapWork convert =
        MapWork.ofProgram(CommandTemplate.parse("convert {} 'out dir/{/.}.png' {#}"), 1_500);

    MapInput input = of("a/b.jpg\nit's.gif\n", ItemForm.TEXT, convert);

    assertThat(input.next())
        .isEqualTo(
            ExecCommand.CODEC.encode(
                ExecCommand.of("convert", List.of("a/b.jpg", "out dir/b.png", "1"))
                    .withTimeoutMs(1_500)));
    assertThat(convert.shown(Item.ofText("it's.gif"), 2))
        .isEqualTo("convert 'it'\\''s.gif' 'out dir/it'\\''s.png' 2");
    assertThat(SQUARE.shown(Item.ofText("a b"), 1)).isEqualTo("square \"a b\"");
  }

  @Test
  void shouldRememberWhatIsUnderWay() {
    MapInput input = of("a\nb\nc\n", ItemForm.AUTO, SQUARE);
    all(input);

    assertThat(input.take(1)).isEqualTo(Item.ofText("b"));
    assertThat(input.take(1)).isNull();
    input.forgetBefore(2);
    assertThat(input.take(0)).isNull();
    assertThat(input.take(2)).isEqualTo(Item.ofText("c"));
  }

  @Test
  void shouldEstimateTheTotalByTheSizeOfAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("lines"), "abc\n".repeat(1_000));
    try (InputStream in = new FileInputStream(file.toFile())) {
      MapInput input = new MapInput(in, ItemForm.TEXT, SQUARE, () -> false);
      assertThat(input.estimate()).isEqualTo(-1);

      var unused = input.next();

      assertThat(input.estimate()).isEqualTo(1_000);
    }
    assertThat(of("a\n", ItemForm.TEXT, SQUARE).estimate()).isEqualTo(-1);
  }

  @Test
  @Timeout(60)
  void shouldNotTakeAnInputThatWasCutForTheWhole() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    MapInput input =
        new MapInput(
            new ByteArrayInputStream(bytes("1\n")),
            ItemForm.AUTO,
            SQUARE,
            () -> {
              asked.countDown();
              return true;
            });
    Thread reader =
        new Thread(
            () -> {
              try {
                all(input);
              } catch (MusterException e) {
                thrown.set(e);
              }
            });

    reader.start();
    asked.await();
    reader.interrupt();
    reader.join();

    assertThat(thrown.get()).hasMessage("interrupted while the map ends");
  }

  @Test
  void shouldTellWhyInputCannotBeRead() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("disk gone");
          }

          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            return read();
          }
        };

    assertThatThrownBy(() -> new MapInput(broken, ItemForm.AUTO, SQUARE, () -> false).hasNext())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("standard input cannot be read: disk gone");
  }
}
