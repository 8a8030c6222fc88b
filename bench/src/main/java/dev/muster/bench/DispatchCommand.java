package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "dispatch",
    mixinStandardHelpOptions = true,
    description =
        "What one lease and settlement cost while 1,000 up to --waiting tasks wait in ordered groups.",
    footer = {
      "",
      "It runs the master's state machine and store in this process, without network and log.",
      "",
      "Example:",
      "  muster bench dispatch --waiting 100000 -o json"
    })
final class DispatchCommand implements Callable<Integer> {
  @Option(
      names = "--waiting",
      defaultValue = "1000000",
      description = "Tasks that wait in the last step (default ${DEFAULT-VALUE}).")
  private long waiting;

  @Option(
      names = "--groups",
      defaultValue = "10000",
      description = "Groups among which they are spread; 0: none (default ${DEFAULT-VALUE}).")
  private int groups;

  @Option(
      names = "--tasks",
      defaultValue = "200000",
      description =
          "Tasks measured in each step, after half as many to warm up (default ${DEFAULT-VALUE}).")
  private long tasks;

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--waiting", DispatchBench.FIRST_STEP, waiting);
    AtLeast.check("--tasks", DispatchBench.LEASE_TASKS, tasks);
    if (groups != 0) { // else none
      AtLeast.check("--groups", DispatchBench.LEASE_TASKS, groups);
    }
    output.print(new DispatchBench(waiting, groups, tasks).run());
    return 0;
  }
}
