package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.Event;
import dev.muster.proto.v1.TailReply;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster tail}. */
@Command(
    name = "tail",
    description = {
      "Print what happens, as it happens, until Ctrl-C: a line for each state that a task enters. With -o json each line is an"
          + " object.",
      "",
      "Who reads too slowly misses events, and is told on standard error how many."
    },
    footer = {
      "",
      "Examples:",
      "  muster tail",
      "  muster tail orders. -o json | jq 'select(.state == \"FAILED\")'"
    })
final class TailCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(
      paramLabel = "PREFIX",
      arity = "0..1",
      description = "Only queues whose names begin so.")
  private String prefix = "";

  TailCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    try (Muster muster = master.connect(terminal, "muster tail")) {
      muster.admin().tail(prefix, this::print);
    }
  }

  private void print(TailReply reply) {
    if (reply.getMissed() > 0) {
      terminal.note(
          reply.getMissed() + " events were missed: they came faster than they were read");
    }
    PrintStream out = terminal.out();
    for (Event event : reply.getEventsList()) {
      Fields line = fields(event);
      out.println(output.format() == OutputFormat.JSON ? line.toJson() : line.textOnOneLine());
    }
    if (out.checkError()) { // flushes, too
      throw new MusterException("standard output is closed: nobody reads what happens");
    }
  }

  private static Fields fields(Event event) {
    return new Fields()
        .timeIfAny("at", event.getAtMs())
        .text("queue", event.getQueue())
        .number("task", event.getTask())
        .text("state", TaskFields.name(event.getState()))
        .textIfAny("detail", event.getDetail());
  }
}
