package dev.muster.cli;

import dev.muster.proto.v1.Rate;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads and writes rates such as 100/s, 10/m, 5/30s, each with ",burst N" or without; 0: none. */
final class RateConverter implements ITypeConverter<Rate> {
  private static final Pattern RATE =
      Pattern.compile("(\\d{1,18})/(\\w+?)(?:, *burst[ =](\\d{1,18}))?");

  @Override
  public Rate convert(String text) {
    if (text.equals("0")) {
      return Rate.getDefaultInstance();
    }
    Matcher rate = RATE.matcher(text);
    if (!rate.matches() || Long.parseLong(rate.group(1)) == 0) {
      throw wrong(text);
    }
    Rate.Builder built =
        Rate.newBuilder()
            .setCount(Long.parseLong(rate.group(1)))
            .setPeriodMs(periodMs(rate.group(2), text));
    if (rate.group(3) != null) {
      built.setBurst(Long.parseLong(rate.group(3)));
    }
    return built.build();
  }

  private static long periodMs(String period, String text) {
    String length = Character.isDigit(period.charAt(0)) ? period : "1" + period;
    try {
      Duration time = new DurationConverter().convert(length);
      if (!time.isZero()) {
        return time.toMillis();
      }
    } catch (TypeConversionException e) {
      // said below, with the whole text
    }
    throw wrong(text);
  }

  private static TypeConversionException wrong(String text) {
    return new TypeConversionException(
        "expected a rate such as 100/s, 10/m or 100/s,burst 500, or 0 for none, found '"
            + text
            + "'");
  }

  /** As it is read. */
  static String text(Rate rate) {
    if (rate.getCount() == 0) {
      return "0";
    }
    long periodMs = rate.getPeriodMs() == 0 ? 1_000 : rate.getPeriodMs();
    String period = DurationConverter.text(Duration.ofMillis(periodMs));
    String unit = period.matches("1\\D+") ? period.substring(1) : period;
    String burst =
        rate.getBurst() == 0 || rate.getBurst() == rate.getCount()
            ? ""
            : ",burst " + rate.getBurst();
    return String.format(Locale.ROOT, "%d/%s%s", rate.getCount(), unit, burst);
  }
}
