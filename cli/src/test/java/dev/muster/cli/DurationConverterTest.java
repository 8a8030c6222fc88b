package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {
  private final DurationConverter converter = new DurationConverter();

  @ParameterizedTest
  @CsvSource({"500ms,500", "5s,5000", "1m,60000", "1h,3600000", "0s,0"})
  void shouldReadEachUnit(String text, long expectedMs) {
    assertThat(converter.convert(text)).isEqualTo(Duration.ofMillis(expectedMs));
  }

  @Test
  void shouldAddPartsWhenThereAreSeveral() {
    assertThat(converter.convert("1m30s500ms")).isEqualTo(Duration.ofMillis(90_500));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "-5s", "5 s", "5s!", "1.5s", "5w", "9999999999s"})
  void shouldRefuseWhatIsNotADuration(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("expected a duration such as 500ms, 5s, 1m or 1h, found '" + text + "'");
  }
}
