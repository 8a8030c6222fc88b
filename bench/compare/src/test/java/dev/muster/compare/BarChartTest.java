package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BarChartTest {
  private final List<String> turns = new ArrayList<>();

  @TempDir Path directory;

  @Test
  void shouldDrawABarForEachThatWasMeasured() throws IOException {
    Path file = directory.resolve("chart.svg");
    Row fast = Row.measured(one("fast"), "1", Turns.of(320_000));
    Row slow = Row.measured(one("slow"), "1", Turns.of(20_000));
    Row absent = Row.leftOut(one("absent"), "not installed");

    BarChart.write(List.of(fast, slow, absent), file);

    // Texts are outlines: what can be told apart is the colour of the bars.
    assertThat(Files.readString(file).split("rgb\\(47,111,159\\)", -1)).hasSize(1 + 2);
  }

  @Test
  void shouldDrawNothingWhenNothingWasMeasured() throws IOException {
    Path file = directory.resolve("chart.svg");

    BarChart.write(List.of(Row.leftOut(one("absent"), "not installed")), file);

    assertThat(file).doesNotExist();
  }

  private Contender one(String id) {
    return new FakeContender(id, null, turns);
  }
}
