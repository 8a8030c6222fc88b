package dev.muster.cli;

import java.util.regex.Pattern;

/** Makes any text fit into one line. */
final class OneLine {
  private static final Pattern BREAKS = Pattern.compile("\\s*\\R\\s*");

  private OneLine() {}

  static String of(String text) {
    String stripped = text.strip();
    return stripped.indexOf('\n') < 0 && stripped.indexOf('\r') < 0
        ? stripped
        : BREAKS.matcher(stripped).replaceAll(" ");
  }
}
