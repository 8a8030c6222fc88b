package dev.muster.cli;

import dev.muster.proto.v1.TaskFilter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that chooses tasks by what they are. */
final class FilterFlags {
  @Option(names = "--handler", paramLabel = "NAME", description = "Only tasks for this handler.")
  private String handler = "";

  @Option(
      names = "--kind",
      paramLabel = "PREFIX",
      description = "Only tasks whose failure is of a kind that begins so.")
  private String kind = "";

  @Option(
      names = "--before",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description = "Only tasks that were put before this time, e.g. 2030-01-31T09:00:00Z.")
  private @Nullable Instant before;

  @Option(names = "--group", paramLabel = "KEY", description = "Only tasks of this group.")
  private String group = "";

  @Option(names = "--tenant", paramLabel = "KEY", description = "Only tasks of this tenant.")
  private String tenant = "";

  /** Whether any of them is given. */
  boolean isGiven() {
    return !on(TaskFilter.newBuilder()).build().equals(TaskFilter.getDefaultInstance());
  }

  TaskFilter.Builder on(TaskFilter.Builder filter) {
    if (before != null) {
      filter.setEnqueuedBeforeMs(before.toEpochMilli());
    }
    return filter.setHandler(handler).setFailureKind(kind).setGroup(group).setTenant(tenant);
  }
}
