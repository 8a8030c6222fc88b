package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import java.util.List;

/** Reads ids as {@code muster put} prints them. */
final class TaskId {
  private TaskId() {}

  static long parse(String id) {
    return parse("a task id is a number, as put printed it", id);
  }

  static List<Long> parseAll(List<String> ids) {
    return ids.stream().map(TaskId::parse).toList();
  }

  /**
   * @param rule what is expected, for people
   */
  static long parse(String rule, String number) {
    try {
      return Long.parseUnsignedLong(number);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(rule + "; found '" + number + "'", e);
    }
  }
}
