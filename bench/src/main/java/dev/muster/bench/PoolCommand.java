package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "pool",
    mixinStandardHelpOptions = true,
    description = "Items a second of a pool's map of trivial items.",
    footer = {
      "",
      "A master is started for it as a process of its own; caller and workers are in this one.",
      "",
      "Example:",
      "  muster bench pool --items 1000000 --workers 2 -o json"
    })
final class PoolCommand implements Callable<Integer> {
  @Option(
      names = "--items",
      defaultValue = "1000000",
      description = "Items measured (default ${DEFAULT-VALUE}).")
  private int items;

  @Option(
      names = "--warm-up",
      defaultValue = "1000000",
      description = "Items before the clock starts (default ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--workers",
      defaultValue = "2",
      description = "Workers with one slot each (default ${DEFAULT-VALUE}).")
  private int workers;

  @Option(names = "--unordered", description = "Results as they come.")
  private boolean unordered;

  @Option(names = "--named", description = "A map with a name: durable, to be resumed.")
  private boolean named;

  @Mixin private final MasterJavaOption master = new MasterJavaOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--items", 1, items);
    AtLeast.check("--warm-up", 0, warmUp);
    AtLeast.check("--workers", 1, workers);
    PoolBenchOptions options =
        new PoolBenchOptions(items, warmUp, workers, !unordered, named, master.options());
    output.print(new PoolBench(options).run());
    return 0;
  }
}
