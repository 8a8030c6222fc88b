package dev.muster.compare;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The rows as a table for the docs, and put in its place there. */
final class MarkdownTable {
  static final String BEGIN = "<!-- comparison: written by bench/compare/run -->";
  static final String END = "<!-- comparison: end -->";

  private MarkdownTable() {}

  /**
   * @param rows in the table's order
   * @param heading the lines above the table
   */
  static String of(List<Row> rows, String heading) {
    StringBuilder text = new StringBuilder(heading).append("\n\n");
    text.append(
        "| queue | lives a second | least to most | CPU of a life, µs: server + clients | server's memory, MB | when a put is acknowledged | driven by |\n");
    text.append("| --- | ---: | --- | ---: | ---: | --- | --- |\n");
    for (Row row : rows) {
      Rates rates = row.rates();
      if (rates != null) {
        text.append(
            String.format(
                Locale.ROOT,
                "| %s (%s) | %,d | %,d to %,d | %.1f + %.1f | %,d | %s | %s |\n",
                row.name(),
                row.version(),
                rates.median(),
                rates.least(),
                rates.most(),
                rates.serverCpuUs(),
                rates.clientCpuUs(),
                rates.serverPeakMb(),
                row.durability(),
                row.driving()));
      }
    }
    String leftOut =
        rows.stream()
            .filter(row -> row.leftOut() != null)
            .map(row -> "- " + row.name() + ": " + firstLine(row) + "\n")
            .collect(Collectors.joining());
    return leftOut.isEmpty() ? text.toString() : text + "\nLeft out:\n\n" + leftOut;
  }

  /** What a server printed last is for the terminal. */
  private static String firstLine(Row row) {
    String leftOut = row.leftOut();
    return leftOut == null ? "" : leftOut.lines().findFirst().orElse("");
  }

  /**
   * The page with {@code table} in the place of what stands between the two marks.
   *
   * @throws ComparisonException when the page has not both marks in order
   */
  static String into(String page, String table) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new ComparisonException(
          "the page must have the lines \"" + BEGIN + "\" and \"" + END + "\"; put them back");
    }
    return page.substring(0, begin + BEGIN.length()) + "\n" + table + page.substring(end);
  }
}
