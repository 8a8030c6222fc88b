package dev.muster.bench;

import dev.muster.common.InvalidInputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "queues",
    mixinStandardHelpOptions = true,
    description =
        "What many queues cost: whole lives a second with the tasks spread among few and among many queues, in turn.",
    footer = {
      "",
      "A worker serves at most 1,000 queues: where --workers are too few, there are more, and the figures say how many.",
      "",
      "Example:",
      "  muster bench queues --queues 1,10000 --run 1 -o json"
    })
final class QueuesCommand implements Callable<Integer> {
  @Option(
      names = "--queues",
      split = ",",
      defaultValue = "1,100,10000",
      description = "Numbers of queues; ratios are to the first (default ${DEFAULT-VALUE}).")
  private List<Integer> queues = List.of();

  @Option(
      names = "--run",
      defaultValue = "100",
      description = "Tasks in a row that go to the same queue (default ${DEFAULT-VALUE}).")
  private int run;

  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();
  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    Map<String, LifecycleOptions> variants = new LinkedHashMap<>();
    for (int count : queues) {
      QueueSpread spread = new QueueSpread(count, run);
      LifecycleOptions options = arguments.with(BenchRules.NONE).withQueues(spread);
      variants.put(
          Integer.toString(count),
          options.withWorkers(Math.max(options.workers(), spread.workersMin())));
    }
    if (variants.isEmpty()) {
      throw new InvalidInputException("--queues must name at least one number of queues");
    }
    String first = Integer.toString(queues.get(0));
    output.print(Comparison.run(variants, rounds.count()).toMap("queues", "queues", first));
    return 0;
  }
}
