package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.InvalidInputException;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import java.util.Iterator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that lists tasks, and the list itself. */
final class TaskListing {
  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final FilterFlags flags = new FilterFlags();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many; 0: all. Default: 100.")
  private long limit = 100;

  @Mixin private final OutputOption output = new OutputOption();

  /**
   * Prints them as the master hands them out, a page at a time.
   *
   * @param filter with queue and state
   * @param columns as a {@link Listing} has them
   */
  void print(Terminal terminal, TaskFilter.Builder filter, String... columns) {
    if (limit < 0) {
      throw new InvalidInputException("--limit must be at least 0, found " + limit);
    }
    Listing listing = new Listing(terminal.out(), output.format(), columns);
    try (Muster muster = master.connect(terminal, "muster task")) {
      Iterator<TaskInfo> tasks = muster.admin().tasks(flags.on(filter).build()).iterator();
      long printed = 0;
      while ((limit == 0 || printed < limit) && tasks.hasNext()) {
        listing.add(TaskFields.of(tasks.next()));
        printed++;
      }
      listing.end();
      if (printed == limit && limit > 0 && tasks.hasNext()) {
        terminal.note("there are more than " + limit + "; --limit 0 lists all");
      }
    }
  }
}
