package dev.muster.cli;

import java.io.PrintStream;
import java.util.Locale;

/**
 * Prints many things as they come, holding few of them: rows under a header, or a JSON array. For
 * one thread.
 */
final class Listing {
  private static final int ROWS_HELD_MAX = 1_000;

  private final PrintStream out;
  private final OutputFormat format;
  private final String[] columns;
  private final Table table;
  private int held;
  private long count;

  /**
   * @param columns names of the fields that make the columns, with _ where the header has a space
   */
  Listing(PrintStream out, OutputFormat format, String... columns) {
    this.out = out;
    this.format = format;
    this.columns = columns.clone();
    String[] header = new String[columns.length];
    for (int i = 0; i < columns.length; i++) {
      header[i] = columns[i].replace('_', ' ').toUpperCase(Locale.ROOT);
    }
    this.table = new Table(header);
  }

  void add(Fields thing) {
    switch (format) {
      case TABLE -> addRow(thing);
      case JSON -> out.print((count == 0 ? "[" : ",\n") + thing.toJson());
    }
    count++;
  }

  private void addRow(Fields thing) {
    Object[] cells = new Object[columns.length];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = thing.textOf(columns[i]);
    }
    table.row(cells);
    held++;
    if (held == ROWS_HELD_MAX) {
      table.print(out);
      held = 0;
    }
  }

  /** Prints what is left. Not after a failure: half a list must not look like a whole one. */
  void end() {
    switch (format) {
      case TABLE -> {
        if (held > 0 || count == 0) {
          table.print(out);
          held = 0;
        }
      }
      case JSON -> out.println(count == 0 ? "[]" : "]");
    }
    out.flush();
  }
}
