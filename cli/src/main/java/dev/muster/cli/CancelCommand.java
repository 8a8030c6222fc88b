package dev.muster.cli;

import dev.muster.client.Admin;
import dev.muster.client.Muster;
import dev.muster.common.InvalidInputException;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster cancel}. */
@Command(
    name = "cancel",
    description = {
      "Call tasks off, by id or by what they are. Those that wait are cancelled at once. Of those that run, the worker is asked to"
          + " stop them: one that completes first has succeeded.",
      "",
      "Prints how many were cancelled, how many are being stopped, and how many were finished before or not known."
    },
    footer = {
      "",
      "Examples:",
      "  muster cancel 4294967301 4294967302 --reason 'wrong price list'",
      "  muster cancel 4294967301 --subtree",
      "  muster cancel --queue orders --state ready --tenant acme"
    })
final class CancelCommand implements Runnable {
  /** As a task goes through them: none slips by. */
  private static final List<TaskState> IN_ORDER =
      List.of(
          TaskState.TASK_STATE_DELAYED, TaskState.TASK_STATE_READY, TaskState.TASK_STATE_RUNNING);

  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(paramLabel = "ID", arity = "0..*", description = "Tasks, as put printed them.")
  private final List<String> ids = new ArrayList<>();

  @Option(
      names = "--subtree",
      description = "Also what these have enqueued, what depends on them, and so on.")
  private boolean subtree;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why, for people; kept with each task.")
  private String reason = "";

  @Option(
      names = "--queue",
      paramLabel = "QUEUE",
      description = "Instead of ids: all tasks of this queue that the options choose.")
  private @Nullable String queue;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      converter = StateConverter.class,
      description =
          "With --queue: only delayed, ready or running ones, with those that are offered to a worker among the running; default: all these.")
  private TaskState state = TaskState.TASK_STATE_UNKNOWN;

  @Mixin private final FilterFlags flags = new FilterFlags();

  @Mixin private final OutputOption output = new OutputOption();

  CancelCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    check();
    List<Long> parsed = TaskId.parseAll(ids);
    TaskFilter filter =
        queue == null
            ? null
            : flags.on(TaskFilter.newBuilder().setQueue(QueueName.check(queue))).build();
    try (Muster muster = master.connect(terminal, "muster cancel")) {
      Admin admin = muster.admin();
      print(filter == null ? admin.cancel(parsed, subtree, reason) : cancel(admin, filter));
    }
  }

  private CancelReply cancel(Admin admin, TaskFilter filter) {
    CancelReply.Builder all = CancelReply.newBuilder();
    for (TaskState each : state == TaskState.TASK_STATE_UNKNOWN ? IN_ORDER : List.of(state)) {
      CancelReply some = admin.cancel(filter.toBuilder().setState(each).build(), reason);
      all.setCancelled(all.getCancelled() + some.getCancelled())
          .setCancelling(all.getCancelling() + some.getCancelling());
    }
    return all.build();
  }

  private void check() {
    if ((queue == null) == ids.isEmpty()) {
      throw new InvalidInputException("which ones? Name ids, or choose with --queue; not both");
    }
    if (queue == null && (flags.isGiven() || state != TaskState.TASK_STATE_UNKNOWN)) {
      throw new InvalidInputException("options that choose need --queue; ids stand for themselves");
    }
    if (queue != null && subtree) {
      throw new InvalidInputException("--subtree needs ids: whose subtree is meant");
    }
    boolean canBeCancelled =
        switch (state) {
          case TASK_STATE_UNKNOWN, TASK_STATE_DELAYED, TASK_STATE_READY, TASK_STATE_RUNNING -> true;
          case TASK_STATE_OFFERED,
              TASK_STATE_SUCCEEDED,
              TASK_STATE_FAILED,
              TASK_STATE_CANCELLED,
              TASK_STATE_EXPIRED,
              TASK_STATE_QUARANTINED,
              UNRECOGNIZED ->
              false;
        };
    if (!canBeCancelled) {
      throw new InvalidInputException(
          "--state must be delayed, ready or running to be cancelled, found "
              + TaskFields.name(state));
    }
  }

  private void print(CancelReply reply) {
    switch (output.format()) {
      case TABLE ->
          terminal.say(
              "cancelled %d, stopping %d, untouched %d%s"
                  .formatted(
                      reply.getCancelled(),
                      reply.getCancelling(),
                      reply.getUntouched(),
                      reply.getGoesOn() ? "; the rest of the subtree follows" : ""));
      case JSON ->
          terminal.say(
              new Fields()
                  .number("cancelled", reply.getCancelled())
                  .number("cancelling", reply.getCancelling())
                  .number("untouched", reply.getUntouched())
                  .flag("goes_on", reply.getGoesOn())
                  .toJson());
    }
  }
}
