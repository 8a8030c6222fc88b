package dev.muster.cli;

import dev.muster.client.Muster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster schedule ls}. */
@Command(
    name = "ls",
    description = "List the schedules with their next and last run.",
    footer = {
      "",
      "Examples:",
      "  muster schedule ls",
      "  muster schedule ls reports. -o json | jq '.[] | select(.paused).name'"
    })
final class ScheduleLsCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(
      paramLabel = "PREFIX",
      arity = "0..1",
      description = "Only schedules whose names begin so.")
  private String prefix = "";

  ScheduleLsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    Listing listing =
        new Listing(
            terminal.out(),
            output.format(),
            "name",
            "cron",
            "zone",
            "queue",
            "handler",
            "paused",
            "next",
            "last",
            "runs");
    try (Muster muster = master.connect(terminal, "muster schedule")) {
      muster.admin().schedules(prefix).map(ScheduleFields::of).forEach(listing::add);
      listing.end();
    }
  }
}
