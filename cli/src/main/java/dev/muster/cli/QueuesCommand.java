package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.proto.v1.QueueInfo;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster queues}. */
@Command(
    name = "queues",
    description = "List the queues with how many tasks stand where.",
    footer = {
      "",
      "Examples:",
      "  muster queues",
      "  muster queues orders.          only names that begin so",
      "  muster queues -o json | jq '.[] | select(.failed > 0).name'"
    })
final class QueuesCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(
      paramLabel = "PREFIX",
      arity = "0..1",
      description = "Only queues whose names begin so.")
  private String prefix = "";

  QueuesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    try (Muster muster = master.connect(terminal, "muster queues")) {
      List<QueueInfo> queues = muster.queues(prefix);
      switch (output.format()) {
        case TABLE -> printTable(queues);
        case JSON -> printJson(queues);
      }
      terminal.out().flush();
    }
  }

  private void printTable(List<QueueInfo> queues) {
    Table table =
        new Table(
            "QUEUE",
            "READY",
            "DELAYED",
            "OFFERED",
            "RUNNING",
            "SUCCEEDED",
            "FAILED",
            "OTHER",
            "WORKERS",
            "OLDEST READY");
    for (QueueInfo queue : queues) {
      table.row(
          queue.getName(),
          queue.getReady(),
          queue.getDelayed(),
          queue.getOffered(),
          queue.getRunning(),
          queue.getSucceeded(),
          queue.getFailed(),
          queue.getCancelled() + queue.getExpired() + queue.getQuarantined(),
          queue.getWorkers(),
          queue.getOldestReadyMs() == 0
              ? ""
              : Instant.ofEpochMilli(queue.getOldestReadyMs()).toString());
    }
    table.print(terminal.out());
  }

  private void printJson(List<QueueInfo> queues) {
    Listing listing = new Listing(terminal.out(), OutputFormat.JSON);
    queues.forEach(queue -> listing.add(QueueFields.of(queue)));
    listing.end();
  }
}
