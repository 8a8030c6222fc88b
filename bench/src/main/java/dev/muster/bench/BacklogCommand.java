package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "backlog",
    mixinStandardHelpOptions = true,
    description =
        "Many waiting tasks: the rate at which they come and go, the master's memory, its restart, and lives beside them.",
    footer = {"", "Example:", "  muster bench backlog --waiting 10000000 -o json"})
final class BacklogCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Option(
      names = "--waiting",
      defaultValue = "1000000",
      description = "Tasks that wait (default ${DEFAULT-VALUE}).")
  private long waiting;

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--waiting", 1, waiting);
    output.print(new BacklogBench(arguments.with(BenchRules.NONE), waiting).run());
    return 0;
  }
}
