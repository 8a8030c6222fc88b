package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster queue show}. */
@Command(
    name = "show",
    description = {
      "Show a queue: how many tasks stand where, what is kept of finished ones, and all its settings.",
      "",
      "Exit code 1 when the queue was never used."
    },
    footer = {
      "",
      "Examples:",
      "  muster queue show orders",
      "  muster queue show orders -o json | jq .leasable"
    })
final class QueueShowCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  QueueShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    var unused = QueueName.check(queue);
    try (Muster muster = master.connect(terminal, "muster queue")) {
      QueueFields.of(muster.queue(queue).orElseThrow(() -> neverUsed(queue)))
          .print(terminal.out(), output.format());
      terminal.out().flush();
    }
  }

  static MusterException neverUsed(String queue) {
    return new MusterException(
        "queue " + queue + " was never used: nothing was put into it, and nothing set");
  }
}
