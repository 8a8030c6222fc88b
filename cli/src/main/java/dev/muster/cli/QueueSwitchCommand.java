package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster pause}, {@code resume} and {@code queue drain}: what a queue lets in and out. */
final class QueueSwitchCommand implements Runnable {
  /** The states that a person puts a queue into. */
  private enum Flow {
    /** Nothing goes out. */
    PAUSED,
    /** Nothing comes in. */
    DRAINING,
    /** Both go on. */
    OPEN
  }

  private final Terminal terminal;
  private final Flow flow;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  private QueueSwitchCommand(Terminal terminal, Flow flow) {
    this.terminal = terminal;
    this.flow = flow;
  }

  static CommandLine pause(Terminal terminal) {
    return Described.command(
        new QueueSwitchCommand(terminal, Flow.PAUSED),
        "Pause a queue: no task of it is started until 'muster resume'; what runs goes on, and tasks can be added.",
        "muster pause orders");
  }

  static CommandLine resume(Terminal terminal) {
    return Described.command(
        new QueueSwitchCommand(terminal, Flow.OPEN),
        "Let a queue go on that was paused or drained.",
        "muster resume orders");
  }

  static CommandLine drain(Terminal terminal) {
    return Described.command(
        new QueueSwitchCommand(terminal, Flow.DRAINING),
        "Drain a queue: what is in it runs, and new tasks are refused until 'muster resume'.",
        "muster queue drain orders");
  }

  @Override
  public void run() {
    var unused = QueueName.check(queue);
    try (Muster muster = master.connect(terminal, "muster queue")) {
      terminal.say(done(muster.admin().configure(queue, settings())));
    }
  }

  private QueueSettings settings() {
    QueueSettings.Builder settings = QueueSettings.newBuilder();
    return switch (flow) {
      case PAUSED -> settings.setPaused(true).build();
      case DRAINING -> settings.setDraining(true).build();
      case OPEN -> settings.setPaused(false).setDraining(false).build();
    };
  }

  private String done(QueueInfo after) {
    long waiting = after.getDelayed() + after.getReady();
    long leased = after.getOffered() + after.getRunning();
    return switch (flow) {
      case PAUSED ->
          "queue %s is paused: %d tasks wait, %d run on".formatted(queue, waiting, leased);
      case DRAINING ->
          "queue %s takes no new tasks: %d wait, %d run".formatted(queue, waiting, leased);
      case OPEN -> "queue %s goes on: %d tasks wait, %d run".formatted(queue, waiting, leased);
    };
  }
}
