package dev.muster.bench;

import dev.muster.common.InvalidInputException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "growth",
    mixinStandardHelpOptions = true,
    description =
        "What a life costs of CPU with few and with many waiting tasks: in its own queue, and in another.",
    footer = {
      "",
      "One master for all, warmed up once. Through: so many tasks are put into a queue that is paused, and then worked off; small",
      "numbers as often as it takes for --tasks. Beside: --tasks live while so many wait in another queue. Ratios are to lives that",
      "hardly wait.",
      "",
      "Example:",
      "  muster bench growth --warm-up 4000000 -o json"
    })
final class GrowthCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Option(
      names = "--waiting",
      split = ",",
      defaultValue = "1000,10000,100000,1000000,10000000",
      description = "Numbers of tasks that wait, ascending (default ${DEFAULT-VALUE}).")
  private List<Long> waiting = List.of();

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    long before = 0;
    for (long size : waiting) {
      if (size <= before) {
        throw new InvalidInputException("--waiting must ascend from 1 or more, found " + waiting);
      }
      before = size;
    }
    output.print(new GrowthBench(arguments.with(BenchRules.NONE), waiting).run());
    return 0;
  }
}
