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
    name = "workers",
    mixinStandardHelpOptions = true,
    description =
        "What many workers cost: whole lives a second with few and with many worker sessions, in turn.",
    footer = {
      "",
      "All workers are in this one process, each with a connection and threads of its own.",
      "",
      "Example:",
      "  muster bench workers --sessions 2,1000 -o json"
    })
final class WorkersCommand implements Callable<Integer> {
  private static final int BASE = 2;

  @Option(
      names = "--sessions",
      split = ",",
      defaultValue = "1,2,10,100,1000",
      description =
          "Numbers of workers; ratios are to two, or to the first (default ${DEFAULT-VALUE}).")
  private List<Integer> sessions = List.of();

  @Option(
      names = "--queues",
      defaultValue = "1",
      description =
          "Queues among which the tasks are spread, 100 in a row for each (default ${DEFAULT-VALUE}).")
  private int queues;

  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();
  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    QueueSpread spread = new QueueSpread(queues, QueueSpread.RUN_DEFAULT);
    Map<String, LifecycleOptions> variants = new LinkedHashMap<>();
    for (int count : sessions) {
      if (count < spread.workersMin()) {
        throw new InvalidInputException(
            "--sessions must be at least "
                + spread.workersMin()
                + " to serve "
                + queues
                + " queues, found "
                + count);
      }
      variants.put(
          Integer.toString(count),
          arguments.with(BenchRules.NONE).withQueues(spread).withWorkers(count));
    }
    if (variants.isEmpty()) {
      throw new InvalidInputException("--sessions must name at least one number of workers");
    }
    String base = Integer.toString(sessions.contains(BASE) ? BASE : sessions.get(0));
    output.print(Comparison.run(variants, rounds.count()).toMap("workers", "workers", base));
    return 0;
  }
}
