package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WatchReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster task watch}. */
@Command(
    name = "watch",
    description = {
      "Print what tasks say while they run, one thing a line, until all have ended: progress, log lines, parts of their results,"
          + " and how they ended. With -o json each line is an object.",
      "",
      "Exit code 1 when one of them did not succeed."
    },
    footer = {
      "",
      "Examples:",
      "  muster task watch 4294967301",
      "  muster task watch 4294967301 4294967302 -o json | jq -r 'select(.partial).partial'"
    })
final class TaskWatchCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "ID", arity = "1..*", description = "Tasks, as put printed them.")
  private final List<String> ids = new ArrayList<>();

  private boolean failed;

  TaskWatchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<Long> parsed = TaskId.parseAll(ids);
    try (Muster muster = master.connect(terminal, "muster task")) {
      muster.admin().watch(parsed, this::print);
    }
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private void print(WatchReply reply) {
    Fields line =
        switch (reply.getWhatCase()) {
          case PROGRESS -> progress(reply.getProgress());
          case LOG -> log(reply.getLog());
          case PARTIAL -> partial(reply.getPartial());
          case ENDED -> ended(reply.getEnded());
          case WHAT_NOT_SET -> throw new IllegalStateException("watched, and nothing was said");
        };
    terminal.say(output.format() == OutputFormat.JSON ? line.toJson() : line.textOnOneLine());
    if (terminal.out().checkError()) {
      throw new MusterException("standard output is closed: nobody reads what the tasks say");
    }
  }

  private static Fields progress(Progress progress) {
    Fields fields = new Fields().number("id", progress.getId());
    double fraction = progress.getFraction();
    if (!(fraction >= 0)) { // not a number, too
      fields.both("progress", "progress", "null");
    } else {
      fields.both(
          "progress",
          String.format(Locale.ROOT, "%.0f %%", fraction * 100),
          Double.toString(fraction));
    }
    return fields.textIfAny("message", progress.getMessage());
  }

  private static Fields log(LogLine log) {
    return new Fields()
        .number("id", log.getId())
        .timeIfAny("at", log.getAtMs())
        .text("level", log.getLevel())
        .text("log", log.getText());
  }

  private static Fields partial(PartialResult partial) {
    return new Fields()
        .number("id", partial.getId())
        .both("part", "part " + partial.getNumber(), Long.toUnsignedString(partial.getNumber()))
        .json("partial", JsonText.onOneLine(partial.getValue(), partial.getContentType()));
  }

  private Fields ended(TaskResult result) {
    failed |= result.getState() != TaskState.TASK_STATE_SUCCEEDED;
    Fields fields =
        new Fields().number("id", result.getId()).text("state", TaskFields.name(result.getState()));
    TaskFields.bytes(fields, "result", result.getResult(), result.getContentType());
    if (result.hasFailure()) {
      fields.text(
          "failure", result.getFailure().getKind() + ": " + result.getFailure().getMessage());
    }
    return fields.textIfAny("cause", result.getCause());
  }
}
