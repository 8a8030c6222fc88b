package dev.muster.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads sizes of a heap as Java writes them, 512m or 1g, and as all other sizes are, 512MiB. */
final class HeapConverter implements ITypeConverter<Long> {
  private static final Pattern JAVA = Pattern.compile("(\\d{1,9})([kmg])");

  @Override
  public Long convert(String text) {
    Matcher size = JAVA.matcher(text.toLowerCase(Locale.ROOT));
    if (size.matches()) {
      int shift = 10 * (1 + "kmg".indexOf(size.group(2)));
      return Long.parseLong(size.group(1)) << shift;
    }
    try {
      return new SizeConverter().convert(text);
    } catch (TypeConversionException e) {
      throw new TypeConversionException(
          "expected a size such as 512m, 1g or 512MiB, found '" + text + "'");
    }
  }
}
