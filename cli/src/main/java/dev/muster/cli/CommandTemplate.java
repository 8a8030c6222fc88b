package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command line with GNU parallel's replacement strings, and what it is for one item. Replaced
 * within words, after they are split: an item is never split, whatever is in it.
 *
 * @param words the program and its arguments, at least one
 */
record CommandTemplate(List<String> words) {
  private static final Pattern REPLACEMENT = Pattern.compile("\\{(//|/\\.|/|\\.|#|)\\}");
  private static final Pattern EXTENSION = Pattern.compile("\\.[^/.]*$");

  CommandTemplate {
    words = List.copyOf(words);
    if (words.isEmpty()) {
      throw new InvalidInputException(
          "--exec is empty; expected a program and its arguments, e.g. 'convert {} out/{/.}.png'");
    }
  }

  /** Splits a command line; the item is the last argument when it does not say where it goes. */
  static CommandTemplate parse(String line) {
    List<String> words = new ArrayList<>(ShellWords.split(line));
    if (!words.isEmpty() && words.stream().noneMatch(word -> REPLACEMENT.matcher(word).find())) {
      words.add("{}");
    }
    return new CommandTemplate(words);
  }

  /**
   * The words for one item.
   *
   * @param number of the item, from 1
   */
  List<String> fill(String item, long number) {
    return words.stream().map(word -> fill(word, item, number)).toList();
  }

  private static String fill(String word, String item, long number) {
    return REPLACEMENT
        .matcher(word)
        .replaceAll(match -> Matcher.quoteReplacement(replacement(match, item, number)));
  }

  private static String replacement(MatchResult match, String item, long number) {
    UnaryOperator<String> part =
        switch (match.group(1)) {
          case "." -> CommandTemplate::withoutExtension;
          case "/" -> CommandTemplate::baseName;
          case "//" -> CommandTemplate::folder;
          case "/." -> path -> withoutExtension(baseName(path));
          case "#" -> path -> Long.toString(number);
          default -> path -> path;
        };
    return part.apply(item);
  }

  private static String withoutExtension(String path) {
    return EXTENSION.matcher(path).replaceFirst("");
  }

  private static String baseName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** As dirname(1) has it: "." for a bare name, and a slash at the end is no part. */
  private static String folder(String path) {
    String trimmed = withoutSlashes(path);
    if (trimmed.isEmpty()) {
      return path.isEmpty() ? "." : "/";
    }
    int slash = trimmed.lastIndexOf('/');
    if (slash < 0) {
      return ".";
    }
    String folder = withoutSlashes(trimmed.substring(0, slash));
    return folder.isEmpty() ? "/" : folder;
  }

  private static String withoutSlashes(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }
}
