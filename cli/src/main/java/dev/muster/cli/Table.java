package dev.muster.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows under a header, columns as wide as their widest cell; numbers stand to the right. A table
 * can be printed in parts: each is as wide as the ones before it, or wider.
 */
final class Table {
  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();
  private final int[] widths;
  private boolean headerPrinted;

  Table(String... header) {
    this.header = List.of(header);
    this.widths = this.header.stream().mapToInt(String::length).toArray();
  }

  /**
   * @param cells one for each column, printed with {@code toString}
   */
  void row(Object... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "expected " + header.size() + " cells, found " + cells.length);
    }
    List<String> row = new ArrayList<>(cells.length);
    for (Object cell : cells) {
      row.add(cell.toString());
    }
    rows.add(row);
  }

  /** Prints the rows since the last time; the first time, the header before them. */
  void print(PrintStream out) {
    boolean[] numeric = new boolean[widths.length];
    for (int column = 0; column < widths.length; column++) {
      numeric[column] = !rows.isEmpty();
      for (List<String> row : rows) {
        String cell = row.get(column);
        widths[column] = Math.max(widths[column], cell.length());
        numeric[column] &= cell.chars().allMatch(Character::isDigit);
      }
    }
    if (!headerPrinted) {
      out.println(line(header, widths, numeric));
      headerPrinted = true;
    }
    for (List<String> row : rows) {
      out.println(line(row, widths, numeric));
    }
    rows.clear();
  }

  private static String line(List<String> cells, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = cells.get(column);
      String padding = " ".repeat(widths[column] - cell.length());
      line.append(column == 0 ? "" : "  ");
      line.append(numeric[column] ? padding + cell : cell + padding);
    }
    return line.toString().stripTrailing();
  }
}
