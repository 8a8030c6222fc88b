package dev.muster.cli;

import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The shortest and the longest wait before a next attempt, written {@code 1s..1m}.
 *
 * @param min of the first wait; each further one is twice as long
 * @param max never less than {@code min}
 */
record BackoffRange(Duration min, Duration max) {

  static final class Converter implements ITypeConverter<BackoffRange> {
    private final DurationConverter durations = new DurationConverter();

    @Override
    public BackoffRange convert(String text) {
      int dots = text.indexOf("..");
      if (dots < 0) {
        throw new TypeConversionException(
            "expected the shortest and the longest wait, such as 1s..1m, found '" + text + "'");
      }
      Duration min = durations.convert(text.substring(0, dots));
      Duration max = durations.convert(text.substring(dots + 2));
      if (min.isZero() || max.compareTo(min) < 0 || max.compareTo(Duration.ofDays(30)) > 0) {
        throw new TypeConversionException(
            "expected a shortest wait above 0 and a longest one not below it, at most 30d, found '"
                + text
                + "'");
      }
      return new BackoffRange(min, max);
    }
  }
}
