package dev.muster.cli;

import dev.muster.proto.v1.Overflow;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads what a full queue does. */
final class OverflowConverter implements ITypeConverter<Overflow> {
  @Override
  public Overflow convert(String text) {
    return switch (text) {
      case "block" -> Overflow.OVERFLOW_BLOCK;
      case "reject" -> Overflow.OVERFLOW_REJECT;
      case "drop-oldest" -> Overflow.OVERFLOW_DROP_OLDEST;
      default ->
          throw new TypeConversionException(
              "expected block, reject or drop-oldest, found '" + text + "'");
    };
  }
}
