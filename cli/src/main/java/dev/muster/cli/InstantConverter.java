package dev.muster.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads points in time as ISO 8601 writes them, with their zone: "9 o'clock" alone is nowhere. */
final class InstantConverter implements ITypeConverter<Instant> {
  @Override
  public Instant convert(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new TypeConversionException(
          "expected a time with its zone, such as 2030-01-31T09:00:00Z or 2030-01-31T10:00+01:00,"
              + " found '"
              + text
              + "'");
    }
  }
}
