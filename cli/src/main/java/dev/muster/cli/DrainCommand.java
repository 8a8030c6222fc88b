package dev.muster.cli;

import dev.muster.client.Muster;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster drain}. */
@Command(
    name = "drain",
    description = {
      "Ask a worker to take no more tasks, to finish what it runs, and to end. Returns at once; 'muster workers' shows how far"
          + " it is.",
      "",
      "'muster queue drain' is another thing: a queue that takes no new tasks."
    },
    footer = {"", "Examples:", "  muster drain 281474976710657"})
final class DrainCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(paramLabel = "SESSION", description = "The worker, as workers prints it.")
  private String session = "";

  DrainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    long parsed = TaskId.parse("a session is a number, as muster workers prints it", session);
    try (Muster muster = master.connect(terminal, "muster drain")) {
      muster.admin().drainWorker(parsed);
      terminal.say("worker " + Long.toUnsignedString(parsed) + " was asked to finish and go");
    }
  }
}
