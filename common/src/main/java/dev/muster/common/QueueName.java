package dev.muster.common;

/** The rule for queue names: {@value Limits#QUEUE_NAME_PATTERN}. */
public final class QueueName {
  private static final int SHOWN_CHARS_MAX = 80;

  private QueueName() {}

  /**
   * Gives the name back when it fits the rule.
   *
   * @throws InvalidInputException when it does not; the message names the rule and what was found
   */
  public static String check(String name) {
    if (!isValid(name)) {
      throw new InvalidInputException(
          "queue name must match " + Limits.QUEUE_NAME_PATTERN + ", found " + shown(name));
    }
    return name;
  }

  /** Whether the name fits the rule. A loop, not a regex: every request passes here. */
  public static boolean isValid(String name) {
    int length = name.length();
    if (length == 0 || length > Limits.QUEUE_NAME_LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (!isAllowed(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '-' && c <= ':') // - . / 0-9 :
        || c == '_';
  }

  /** Quoted, cut, and without characters that would break a line or a terminal. */
  private static String shown(String name) {
    StringBuilder shown = new StringBuilder("\"");
    name.codePoints()
        .limit(SHOWN_CHARS_MAX)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    shown.append('"');
    if (name.length() > SHOWN_CHARS_MAX) {
      shown.append("... (").append(name.length()).append(" characters)");
    }
    return shown.toString();
  }
}
