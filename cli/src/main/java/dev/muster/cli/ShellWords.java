package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command line into words as a POSIX shell does with blanks, quotes and backslashes. What
 * a shell would do beyond that (pipes, redirections, variables) is refused: it would silently be
 * handed to the program as text.
 */
final class ShellWords {
  private static final String BLANKS = " \t\n";
  private static final String OPERATORS = "|&;<>()";
  private static final String ESCAPED_IN_DOUBLE_QUOTES = "$`\"\\";

  private final String line;
  private final List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();

  /** A word has begun, and be it with an empty pair of quotes. */
  private boolean begun;

  private int at;

  private ShellWords(String line) {
    this.line = line;
  }

  /**
   * The words; none for a blank line.
   *
   * @throws InvalidInputException when a quote does not end, or the line needs a shell
   */
  static List<String> split(String line) {
    ShellWords words = new ShellWords(line);
    words.split();
    return words.words;
  }

  private void split() {
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (BLANKS.indexOf(c) >= 0) {
        end();
      } else if (c == '\'') {
        singleQuoted();
      } else if (c == '"') {
        doubleQuoted();
      } else if (c == '\\') {
        escaped();
      } else if (OPERATORS.indexOf(c) >= 0 || isExpansion(c)) {
        throw needsShell(c);
      } else {
        append(c);
      }
    }
    end();
  }

  private void append(char c) {
    word.append(c);
    begun = true;
  }

  private void end() {
    if (begun) {
      words.add(word.toString());
      word.setLength(0);
      begun = false;
    }
  }

  private void singleQuoted() {
    int close = line.indexOf('\'', at);
    if (close < 0) {
      throw unended("'", at);
    }
    word.append(line, at, close);
    begun = true;
    at = close + 1;
  }

  private void doubleQuoted() {
    int open = at;
    begun = true;
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (c == '"') {
        return;
      }
      if (c == '\\' && at < line.length() && isEscapable(line.charAt(at))) {
        word.append(line.charAt(at++));
      } else if (isExpansion(c)) {
        throw needsShell(c);
      } else {
        word.append(c);
      }
    }
    throw unended("\"", open);
  }

  private static boolean isEscapable(char c) {
    return ESCAPED_IN_DOUBLE_QUOTES.indexOf(c) >= 0;
  }

  private void escaped() {
    if (at == line.length()) {
      throw new InvalidInputException("--exec ends with a backslash: nothing follows to be quoted");
    }
    append(line.charAt(at++));
  }

  /** A lone dollar sign is one for a shell, too. */
  private boolean isExpansion(char c) {
    if (c == '`') {
      return true;
    }
    if (c != '$' || at == line.length()) {
      return false;
    }
    char next = line.charAt(at);
    return Character.isLetterOrDigit(next) || "_({@*#?$!-".indexOf(next) >= 0;
  }

  private InvalidInputException needsShell(char c) {
    return new InvalidInputException(
        "--exec runs no shell, which the '%c' at character %d needs: put it in single quotes to hand it over as it is, or run sh -c '…' on workers with --allow-exec=sh"
            .formatted(c, at));
  }

  private static InvalidInputException unended(String quote, int position) {
    return new InvalidInputException(
        "--exec has a quote that does not end: the %s at character %d".formatted(quote, position));
  }

  /** A word as a shell would need it quoted, for a person to read or copy. */
  static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
