package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.proto.v1.StackReply;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster task stack}. */
@Command(
    name = "stack",
    description = {
      "Print what the handler of a running task does now: its stack, and that of the thread that holds the lock it waits for.",
      "",
      "Exit code 1 when the task does not run, 3 when its worker does not answer within 5 s."
    },
    footer = {"", "Examples:", "  muster task stack 4294967301"})
final class TaskStackCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "ID", description = "As put printed it.")
  private String id = "";

  TaskStackCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    long parsed = TaskId.parse(id);
    try (Muster muster = master.connect(terminal, "muster task")) {
      StackReply reply = muster.admin().stack(parsed);
      switch (output.format()) {
        case TABLE -> {
          terminal
              .out()
              .println(
                  "task " + Long.toUnsignedString(parsed) + " on " + reply.getWorker() + " now:");
          reply.getText().lines().forEach(terminal.out()::println);
        }
        case JSON ->
            terminal
                .out()
                .println(
                    new Fields()
                        .number("id", parsed)
                        .text("worker", reply.getWorker())
                        .text("stack", reply.getText())
                        .toJson());
      }
      terminal.out().flush();
    }
  }
}
