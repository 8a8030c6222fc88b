package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.InvalidInputException;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code muster dead replay|drop} and {@code quarantine release|drop}: what a person does with
 * tasks that are set aside.
 */
final class SetAsideCommand implements Runnable {
  private final Terminal terminal;
  private final TaskState state;
  private final boolean back;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(index = "0", paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Parameters(
      index = "1..*",
      paramLabel = "ID",
      arity = "0..*",
      description = "Only these; what the options say must hold for them, too.")
  private final List<String> ids = new ArrayList<>();

  @Mixin private final FilterFlags flags = new FilterFlags();

  @Option(names = "--all", description = "All of the queue, when nothing else is said.")
  private boolean all;

  private SetAsideCommand(Terminal terminal, TaskState state, boolean back) {
    this.terminal = terminal;
    this.state = state;
    this.back = back;
  }

  static CommandLine replayDead(Terminal terminal) {
    return Described.command(
        new SetAsideCommand(terminal, TaskState.TASK_STATE_FAILED, true),
        "Put dead letters back to wait, with fresh counters: some by id, some by what they are, or all.",
        "muster dead replay orders 4294967301",
        "muster dead replay orders --kind java.net. --before 2030-01-31T09:00:00Z",
        "muster dead replay orders --all");
  }

  static CommandLine dropDead(Terminal terminal) {
    return Described.command(
        new SetAsideCommand(terminal, TaskState.TASK_STATE_FAILED, false),
        "Forget dead letters: some by id, some by what they are, or all.",
        "muster dead drop orders 4294967301",
        "muster dead drop orders --handler charge",
        "muster dead drop orders --all");
  }

  static CommandLine release(Terminal terminal) {
    return Described.command(
        new SetAsideCommand(terminal, TaskState.TASK_STATE_QUARANTINED, true),
        "Put tasks that are set aside back to wait, with fresh counters.",
        "muster quarantine release orders 4294967301",
        "muster quarantine release orders --all");
  }

  static CommandLine dropQuarantined(Terminal terminal) {
    return Described.command(
        new SetAsideCommand(terminal, TaskState.TASK_STATE_QUARANTINED, false),
        "Forget tasks that are set aside.",
        "muster quarantine drop orders 4294967301",
        "muster quarantine drop orders --all");
  }

  @Override
  public void run() {
    TaskFilter filter =
        flags
            .on(TaskFilter.newBuilder().setQueue(QueueName.check(queue)).setState(state))
            .addAllIds(TaskId.parseAll(ids))
            .build();
    boolean chosen = !ids.isEmpty() || flags.isGiven();
    if (all == chosen) {
      throw new InvalidInputException(
          all
              ? "--all excludes ids and options that choose: it means every one"
              : "which ones? Name ids, choose by options, or say --all");
    }
    try (Muster muster = master.connect(terminal, "muster task")) {
      long count = back ? muster.admin().replay(filter) : muster.admin().drop(filter);
      terminal.say(
          (back ? "put back %d tasks of queue %s" : "dropped %d tasks of queue %s")
              .formatted(count, queue));
    }
  }
}
