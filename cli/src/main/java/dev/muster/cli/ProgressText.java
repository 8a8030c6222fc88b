package dev.muster.cli;

import java.util.Locale;

/**
 * How far a map is, in words.
 *
 * @param done items that ended, failed ones too
 * @param total of how many; below 0: not known
 * @param exact false: the total is an estimate
 * @param failed of those that ended
 * @param retried attempts that were followed by another one
 * @param perSecond below 0: not known
 */
record ProgressText(
    long done, long total, boolean exact, long failed, long retried, double perSecond) {
  private static final int BAR_WIDTH_MAX = 30;
  private static final int BAR_WIDTH_MIN = 5;
  private static final int PERCENT = 100;

  /** One line for a log. */
  String line() {
    return counts() + speed() + troubles();
  }

  /**
   * One line for a terminal, with a bar where the total is known and there is room.
   *
   * @param width the most characters
   */
  String bar(int width) {
    String text = line();
    if (total <= 0) {
      return cut(text, width);
    }
    double part = Math.min(1, (double) done / total);
    String percent = String.format(Locale.ROOT, " %3d %%  ", (int) (part * PERCENT));
    int room = Math.min(BAR_WIDTH_MAX, width - text.length() - percent.length() - 2);
    if (room < BAR_WIDTH_MIN) {
      return cut(percent.strip() + "  " + text, width);
    }
    int full = (int) (part * room);
    return "[" + "#".repeat(full) + "-".repeat(room - full) + "]" + percent + text;
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width);
  }

  private String counts() {
    return total < 0
        ? number(done) + " done"
        : number(done) + " of " + (exact ? "" : "about ") + number(total);
  }

  private String speed() {
    if (perSecond < 0) {
      return "";
    }
    String rate =
        perSecond < 10
            ? String.format(Locale.ROOT, ", %.1f/s", perSecond)
            : ", " + number(Math.round(perSecond)) + "/s";
    return total > done && perSecond > 0
        ? rate + ", ETA " + duration(Math.round((total - done) / perSecond))
        : rate;
  }

  private String troubles() {
    return (failed > 0 ? ", " + number(failed) + " failed" : "")
        + (retried > 0 ? ", " + number(retried) + " retried" : "");
  }

  static String number(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  private static String duration(long seconds) {
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3_600) {
      return seconds / 60 + "m" + String.format(Locale.ROOT, "%02ds", seconds % 60);
    }
    long hours = seconds / 3_600;
    return hours < 48
        ? hours + "h" + String.format(Locale.ROOT, "%02dm", seconds % 3_600 / 60)
        : hours / 24 + "d" + String.format(Locale.ROOT, "%02dh", hours % 24);
  }
}
