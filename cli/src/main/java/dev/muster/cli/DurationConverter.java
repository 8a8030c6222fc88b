package dev.muster.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads and writes durations such as 500ms, 5s, 1m, 1h, 1d, and sums of them such as 1m30s. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern PART = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  @Override
  public Duration convert(String text) {
    Matcher part = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int end = 0;
    while (part.find() && part.start() == end) {
      sum = sum.plus(one(Long.parseLong(part.group(1)), part.group(2)));
      end = part.end();
    }
    if (text.isEmpty() || end != text.length()) {
      throw new TypeConversionException(
          "expected a duration such as 500ms, 5s, 1m or 1h, found '" + text + "'");
    }
    return sum;
  }

  private static Duration one(long amount, String unit) {
    return switch (unit) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /** As it is read; to the ms. */
  static String text(Duration time) {
    StringBuilder text = new StringBuilder();
    add(text, time.toDays(), "d");
    add(text, time.toHoursPart(), "h");
    add(text, time.toMinutesPart(), "m");
    add(text, time.toSecondsPart(), "s");
    add(text, time.toMillisPart(), "ms");
    return text.isEmpty() ? "0s" : text.toString();
  }

  private static void add(StringBuilder text, long amount, String unit) {
    if (amount != 0) {
      text.append(amount).append(unit);
    }
  }
}
