package dev.muster.worker;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** What a worker says of itself that tasks may require, checked. */
final class Labels {
  private static final int LABELS_MAX = 16;

  private final Map<String, String> values = new TreeMap<>();

  void add(String key, String value) {
    if (key.isEmpty()) {
      throw new InvalidInputException(
          "a label must have a name, found none before \"" + value + "\"");
    }
    bounded("a label's name", key);
    bounded("a label's value", value);
    values.put(key, value);
    if (values.size() > LABELS_MAX) {
      throw new InvalidInputException(
          "a worker has at most " + LABELS_MAX + " labels, found " + values.size());
    }
  }

  Map<String, String> values() {
    return values;
  }

  /** The text, when it has at most 255 bytes. */
  @CanIgnoreReturnValue
  static String bounded(String what, String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > Limits.NAME_BYTES_MAX) {
      throw new InvalidInputException(
          what
              + " must have at most "
              + Limits.NAME_BYTES_MAX
              + " bytes, found "
              + bytes
              + ": \""
              + text.substring(0, Math.min(text.length(), 32))
              + "…\"");
    }
    return text;
  }
}
