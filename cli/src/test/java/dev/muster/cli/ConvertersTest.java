package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.v1.Rate;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** Values of options that are more than a word or a number. */
class ConvertersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "100/s | 100 | 1000 | 0",
        "10/m | 10 | 60000 | 0",
        "5/30s | 5 | 30000 | 0",
        "1/1m30s | 1 | 90000 | 0",
        "100/s,burst 500 | 100 | 1000 | 500",
        "100/s,burst=500 | 100 | 1000 | 500",
        "0 | 0 | 0 | 0"
      })
  void shouldReadRatesAndWriteThemAsTheyAreRead(
      String text, long count, long periodMs, long burst) {
    Rate rate = new RateConverter().convert(text);

    assertThat(rate)
        .isEqualTo(Rate.newBuilder().setCount(count).setPeriodMs(periodMs).setBurst(burst).build());
    assertThat(RateConverter.text(rate)).isEqualTo(text.replace('=', ' '));
  }

  @ParameterizedTest
  @ValueSource(strings = {"100", "s", "100/", "0/s", "100/x", "100/0s", "-1/s", "100/s,50"})
  void shouldRefuseWhatIsNoRate(String text) {
    assertThatThrownBy(() -> new RateConverter().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("expected a rate such as 100/s")
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"4096, 4096", "64KiB, 65536", "256MiB, 268435456", "1GiB, 1073741824"})
  void shouldReadSizes(String text, long bytes) {
    assertThat(new SizeConverter().convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"256m, 268435456", "1G, 1073741824", "512k, 524288", "64KiB, 65536"})
  void shouldReadHeapsAsJavaWritesThem(String text, long bytes) {
    assertThat(new HeapConverter().convert(text)).isEqualTo(bytes);
  }

  @Test
  void shouldRefuseWhatIsNoHeap() {
    assertThatThrownBy(() -> new HeapConverter().convert("lots"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("expected a size such as 512m, 1g or 512MiB, found 'lots'");
  }

  @Test
  void shouldWriteSizesInTheLargestWholeUnit() {
    assertThat(SizeConverter.text(256 << 20)).isEqualTo("256MiB");
    assertThat(SizeConverter.text((1 << 20) + 1)).isEqualTo("1048577");
    assertThat(SizeConverter.text(0)).isEqualTo("0");
  }

  @Test
  void shouldReadBackoffs() {
    assertThat(new BackoffRange.Converter().convert("1s..1m"))
        .isEqualTo(new BackoffRange(Duration.ofSeconds(1), Duration.ofMinutes(1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1s", "1m..1s", "0s..1m", "1s..31d"})
  void shouldRefuseWhatIsNoBackoff(String text) {
    assertThatThrownBy(() -> new BackoffRange.Converter().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2030-01-31T09:00:00Z", "2030-01-31T10:00+01:00"})
  void shouldReadTimes(String text) {
    assertThat(new InstantConverter().convert(text))
        .isEqualTo(Instant.parse("2030-01-31T09:00:00Z"));
  }

  @Test
  void shouldRefuseATimeWithoutZone() {
    assertThatThrownBy(() -> new InstantConverter().convert("2030-01-31T09:00:00"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("with its zone");
  }

  @ParameterizedTest
  @CsvSource({"0, 0s", "1500, 1s500ms", "90000, 1m30s", "7776000000, 90d"})
  void shouldWriteDurationsAsTheyAreRead(long ms, String text) {
    assertThat(DurationConverter.text(Duration.ofMillis(ms))).isEqualTo(text);
    assertThat(new DurationConverter().convert(text)).isEqualTo(Duration.ofMillis(ms));
  }
}
