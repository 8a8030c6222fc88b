package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** How far a map is, as a person sees it. */
class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private String seen() {
    String text = bytes.toString(StandardCharsets.UTF_8);
    bytes.reset();
    return text;
  }

  @Test
  void shouldDrawABarWithRateAndTimeLeft() {
    ProgressText half = new ProgressText(500_000, 1_000_000, true, 3, 12, 10_000);

    assertThat(half.line())
        .isEqualTo("500,000 of 1,000,000, 10,000/s, ETA 50s, 3 failed, 12 retried");
    assertThat(half.bar(200))
        .isEqualTo("[" + "#".repeat(15) + "-".repeat(15) + "]  50 %  " + half.line());
  }

  @Test
  void shouldFitIntoAnyTerminal() {
    ProgressText half = new ProgressText(500_000, 1_000_000, true, 3, 12, 10_000);

    for (int width = 1; width < 150; width++) {
      assertThat(half.bar(width).length()).isLessThanOrEqualTo(width);
    }
    assertThat(half.bar(50)).startsWith("50 %  500,000 of");
    assertThat(half.bar(90)).startsWith("[#");
  }

  @Test
  void shouldSayOnlyWhatIsKnown() {
    assertThat(new ProgressText(7, -1, true, 0, 0, -1).line()).isEqualTo("7 done");
    assertThat(new ProgressText(7, -1, true, 0, 0, 2.25).bar(80)).isEqualTo("7 done, 2.3/s");
    assertThat(new ProgressText(7, 100, false, 0, 0, 0).line()).isEqualTo("7 of about 100, 0.0/s");
    assertThat(new ProgressText(100, 100, true, 1, 0, 50).line())
        .isEqualTo("100 of 100, 50/s, 1 failed");
    assertThat(new ProgressText(0, 0, true, 0, 0, -1).bar(80)).isEqualTo("0 of 0");
  }

  @Test
  void shouldWriteLongTimesShort() {
    assertThat(new ProgressText(0, 100, true, 0, 0, 1).line()).endsWith("ETA 1m40s");
    assertThat(new ProgressText(0, 10_000, true, 0, 0, 1).line()).endsWith("ETA 2h46m");
    assertThat(new ProgressText(0, 1_000_000, true, 0, 0, 1).line()).endsWith("ETA 11d13h");
  }

  @Test
  void shouldMeasureTheRateOfTheLastSeconds() {
    RateMeter rate = new RateMeter();

    assertThat(rate.at(0, 1_000)).isNegative();
    assertThat(rate.at(100, 1_100)).isNegative();
    assertThat(rate.at(1_000, 2_000)).isEqualTo(1_000);
    for (int second = 2; second <= 30; second++) {
      rate.at(second * 1_000L, 2_000);
    }
    assertThat(rate.at(31_000, 2_000)).isZero();
  }

  @Test
  void shouldDrawAgainAtMostTenTimesASecond() {
    StatusLine status = new StatusLine(err, StatusLine.Kind.BAR, 81, true, 0);

    status.update(done(1), 0);
    status.update(done(2), 99);
    status.update(done(3), 100);

    assertThat(seen()).isEqualTo("\r\u001b[K1 done\r\u001b[K3 done");
  }

  @Test
  void shouldNotMixTheBarWithOtherLines() {
    StatusLine status = new StatusLine(err, StatusLine.Kind.BAR, 81, true, 0);
    status.note("first");
    status.update(done(1), 0);
    seen();

    status.note("item 3 failed");
    assertThat(seen()).isEqualTo("\r\u001b[Kmuster: item 3 failed\n\r\u001b[K1 done");
    status.beforeOutput();
    assertThat(seen()).isEqualTo("\r\u001b[K");
    status.update(done(2), 1);
    assertThat(seen()).as("drawn again at once").isEqualTo("\r\u001b[K2 done");
    status.end(done(9));
    status.clear();
    assertThat(seen()).isEqualTo("\r\u001b[K9 done\n");
  }

  @Test
  void shouldSayALineNowAndThenWhereThereIsNoTerminal() {
    StatusLine status = new StatusLine(err, StatusLine.Kind.LINES, 0, false, 0);

    status.update(done(1), 4_999);
    status.end(done(1));
    assertThat(seen()).as("a short run is not talked about").isEmpty();
    status.update(done(2), 5_000);
    status.update(done(3), 9_999);
    status.end(done(4));
    assertThat(seen()).isEqualTo("muster: 2 done\nmuster: 4 done\n");
  }

  @Test
  void shouldSayNothingWhenNothingIsWanted() {
    StatusLine status = new StatusLine(err, StatusLine.Kind.NONE, 0, false, 0);

    status.update(done(1), 60_000);
    status.end(done(2));
    assertThat(seen()).isEmpty();
    status.note("item 3 failed");
    assertThat(seen()).isEqualTo("muster: item 3 failed\n");
  }

  private static ProgressText done(long count) {
    return new ProgressText(count, -1, true, 0, 0, -1);
  }
}
