package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "restart",
    mixinStandardHelpOptions = true,
    description =
        "A master that starts with many waiting tasks: time until it is ready, its memory, and lives beside them.",
    footer = {
      "",
      "It is killed once, and then ended in order --rounds times. Lives beside the waiting ones take turns with those of an empty master.",
      "",
      "Example:",
      "  muster bench restart --waiting 10000000 -o json"
    })
final class RestartCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Option(
      names = "--waiting",
      defaultValue = "1000000",
      description = "Tasks that wait (default ${DEFAULT-VALUE}).")
  private long waiting;

  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--waiting", 1, waiting);
    LifecycleOptions options = arguments.with(BenchRules.NONE);
    output.print(new RestartBench(options, waiting, rounds.count()).run());
    return 0;
  }
}
