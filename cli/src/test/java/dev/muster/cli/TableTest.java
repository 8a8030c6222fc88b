package dev.muster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void shouldAlignTextLeftAndNumbersRight() {
    Table table = new Table("QUEUE", "READY", "WORKER");
    table.row("a", 5, "w");
    table.row("longer-name", 123_456, "");

    assertThat(print(table))
        .isEqualTo(
            """
            QUEUE         READY  WORKER
            a                 5  w
            longer-name  123456
            """);
  }

  @Test
  void shouldPrintOnlyTheHeaderWhenThereIsNoRow() {
    assertThat(print(new Table("A", "B"))).isEqualTo("A  B\n");
  }

  @Test
  void shouldPrintTheHeaderOnceWhenItIsPrintedInParts() {
    Table table = new Table("ID", "NAME");
    table.row(1_000, "a");
    String first = print(table);
    table.row(2, "b");

    assertThat(first + print(table))
        .isEqualTo(
            """
              ID  NAME
            1000  a
               2  b
            """);
  }

  private static String print(Table table) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PrintStream stream = new PrintStream(out, true, UTF_8)) {
      table.print(stream);
    }
    return out.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }
}
