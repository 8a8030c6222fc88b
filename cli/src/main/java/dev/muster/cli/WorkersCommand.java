package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.client.RemoteWorker;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.WorkerInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster workers}. */
@Command(
    name = "workers",
    description = {
      "List the workers whose sessions live.",
      "",
      "WORKER is name@host:pid. FREE are slots that the master may still fill. STATE is up, draining, or lost: its stream is gone, and its tasks go to"
          + " others when the session ends. SILENT is the time since its last sign of life."
    },
    footer = {
      "",
      "Examples:",
      "  muster workers",
      "  muster workers --queue orders -o json | jq '.[] | select(.state == \"lost\")'"
    })
final class WorkersCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Option(names = "--queue", paramLabel = "QUEUE", description = "Only those that serve it.")
  private String queue = "";

  WorkersCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    if (!queue.isEmpty()) {
      var unused = QueueName.check(queue);
    }
    Listing listing =
        new Listing(
            terminal.out(),
            output.format(),
            "session",
            "worker",
            "state",
            "slots",
            "free",
            "offered",
            "running",
            "silent",
            "queues",
            "handlers",
            "labels");
    try (Muster muster = master.connect(terminal, "muster workers")) {
      muster.admin().workers(queue).map(WorkersCommand::fields).forEach(listing::add);
      listing.end();
    }
  }

  private static Fields fields(WorkerInfo worker) {
    return new Fields()
        .number("session", worker.getSession())
        .text("worker", RemoteWorker.identity(worker))
        .text("name", worker.getName())
        .text("host", worker.getHost())
        .number("pid", worker.getPid())
        .text("state", state(worker))
        .text("client", worker.getClient())
        .names("queues", worker.getQueuesList())
        .names("handlers", worker.getHandlersList())
        .mapIfAny("labels", worker.getLabelsMap())
        .number("slots", Integer.toUnsignedLong(worker.getSlots()))
        .number("free", Math.max(0, worker.getCredit()))
        .number("offered", Integer.toUnsignedLong(worker.getOffered()))
        .number("running", Integer.toUnsignedLong(worker.getRunning()))
        .duration("silent", "silent_ms", Math.max(0, worker.getSilentMs()), "0s")
        .duration("connected", "connected_ms", Math.max(0, worker.getConnectedMs()), "0s");
  }

  private static String state(WorkerInfo worker) {
    if (!worker.getConnected()) {
      return "lost";
    }
    return worker.getDraining() ? "draining" : "up";
  }
}
