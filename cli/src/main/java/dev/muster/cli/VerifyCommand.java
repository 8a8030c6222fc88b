package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.proto.v1.VerifyReply;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code muster verify}. */
@Command(
    name = "verify",
    description = {
      "Have the master count everything again from its store, and say what does not add up: a line for each, and a summary.",
      "",
      "Exit code 1 when something does not."
    },
    footer = {"", "Examples:", "  muster verify", "  muster verify -o json | jq .tasks"})
final class VerifyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (Muster muster = master.connect(terminal, "muster verify")) {
      VerifyReply reply = muster.admin().verify();
      switch (output.format()) {
        case TABLE -> print(reply);
        case JSON -> terminal.out().println(json(reply));
      }
      terminal.out().flush();
      return reply.getDriftCount() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private void print(VerifyReply reply) {
    reply.getDriftList().forEach(drift -> terminal.out().println(OneLine.of(drift)));
    terminal
        .out()
        .println(
            "%s: counted %d tasks of %d queues, up to log entry %d"
                .formatted(
                    switch (reply.getDriftCount()) {
                      case 0 -> "everything adds up";
                      case 1 -> "1 thing does not add up";
                      default -> reply.getDriftCount() + " things do not add up";
                    },
                    reply.getTasks(),
                    reply.getQueues(),
                    reply.getAppliedIndex()));
  }

  private static String json(VerifyReply reply) {
    return new Fields()
        .flag("ok", reply.getDriftCount() == 0)
        .names("drift", reply.getDriftList())
        .number("queues", reply.getQueues())
        .number("tasks", reply.getTasks())
        .number("applied_index", reply.getAppliedIndex())
        .toJson();
  }
}
