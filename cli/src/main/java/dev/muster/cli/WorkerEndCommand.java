package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.client.RemoteWorker;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster drain} and {@code kill}: what ends a worker. */
final class WorkerEndCommand implements Runnable {
  private final Terminal terminal;
  private final boolean atOnce;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(
      paramLabel = "WORKER",
      description = "Its session, or a beginning of name@host:pid that only one has; see workers.")
  private String worker = "";

  private WorkerEndCommand(Terminal terminal, boolean atOnce) {
    this.terminal = terminal;
    this.atOnce = atOnce;
  }

  static CommandLine drain(Terminal terminal) {
    return Described.command(
        new WorkerEndCommand(terminal, false),
        "Ask a worker to take no more tasks, to finish what it runs, and to end. Returns at once; 'muster workers' shows how far"
            + " it is. 'muster queue drain' is another thing: a queue that takes no new tasks.",
        "muster drain worker@build-7:4711");
  }

  static CommandLine kill(Terminal terminal) {
    return Described.command(
        new WorkerEndCommand(terminal, true),
        "Ask a worker to end at once: what it runs is interrupted and given back, free of charge. Returns at once. A worker that"
            + " cannot hear it is lost 15 s after its last sign of life, with all that it ran.",
        "muster kill worker@build-7:4711");
  }

  @Override
  public void run() {
    try (Muster muster = master.connect(terminal, "muster " + (atOnce ? "kill" : "drain"))) {
      RemoteWorker found = muster.admin().worker(worker);
      if (atOnce) {
        found.kill();
      } else {
        found.terminate();
      }
      terminal.say(
          "worker "
              + found.identity()
              + " was asked "
              + (atOnce ? "to end at once" : "to finish and go"));
    }
  }
}
