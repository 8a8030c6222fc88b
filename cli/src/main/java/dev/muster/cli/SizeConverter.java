package dev.muster.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads and writes numbers of bytes such as 4096, 64KiB, 256MiB, 1GiB. */
final class SizeConverter implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(|KiB|MiB|GiB|TiB)|(\\d{1,18})");

  @Override
  public Long convert(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      throw new TypeConversionException(
          "expected a number of bytes such as 4096, 64KiB, 256MiB or 1GiB, found '" + text + "'");
    }
    return size.group(3) != null
        ? Long.parseLong(size.group(3))
        : Long.parseLong(size.group(1)) << shift(size.group(2));
  }

  private static int shift(String unit) {
    return switch (unit) {
      case "KiB" -> 10;
      case "MiB" -> 20;
      case "GiB" -> 30;
      case "TiB" -> 40;
      default -> 0;
    };
  }

  /** For people, to three digits or so: 512, 1.5KiB, 23MiB. */
  static String roundedText(long bytes) {
    String[] units = {"", "KiB", "MiB", "GiB", "TiB"};
    double amount = bytes;
    int unit = 0;
    while (amount >= 1_000 && unit < units.length - 1) {
      amount /= 1_024;
      unit++;
    }
    return String.format(
        Locale.ROOT, unit > 0 && amount < 10 ? "%.1f%s" : "%.0f%s", amount, units[unit]);
  }

  /** As it is read: in the largest unit in which it is whole. */
  static String text(long bytes) {
    String[] units = {"TiB", "GiB", "MiB", "KiB"};
    for (String unit : units) {
      long one = 1L << shift(unit);
      if (bytes >= one && bytes % one == 0) {
        return bytes / one + unit;
      }
    }
    return Long.toString(bytes);
  }
}
