package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "isolation",
    mixinStandardHelpOptions = true,
    description =
        "What a task costs a worker whose handlers run on a thread, and in a process of their own.",
    footer = {
      "",
      "All tasks are put before the worker starts; the figures are from one task to the next in one slot.",
      "",
      "Example:",
      "  muster bench isolation --tasks 40000 -o json"
    })
final class IsolationCommand implements Callable<Integer> {
  private static final int TASKS_MIN = 100;

  @Option(
      names = "--tasks",
      defaultValue = "40000",
      description =
          "Tasks of each kind, of which the first half warms up (default ${DEFAULT-VALUE}).")
  private int tasks;

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--tasks", TASKS_MIN, tasks);
    output.print(new IsolationBench(tasks).run());
    return 0;
  }
}
