package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.QueueName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster queue tenants}. */
@Command(
    name = "tenants",
    description = {
      "List the tenants of a queue that wait, run or have settings.",
      "",
      "VIRTUAL TIME US is what a tenant has used of the workers, in µs, divided by its weight: who has the least goes next."
    },
    footer = {"", "Examples:", "  muster queue tenants shared"})
final class QueueTenantsCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  QueueTenantsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    var unused = QueueName.check(queue);
    Listing listing =
        new Listing(
            terminal.out(),
            output.format(),
            "tenant",
            "weight",
            "waiting",
            "running",
            "concurrency",
            "rate",
            "virtual_time_us");
    try (Muster muster = master.connect(terminal, "muster queue")) {
      muster.admin().tenants(queue).map(QueueFields::of).forEach(listing::add);
      listing.end();
    }
  }
}
