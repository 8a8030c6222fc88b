package dev.muster.bench;

import dev.muster.common.InvalidInputException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lifecycle",
    mixinStandardHelpOptions = true,
    description =
        "Whole lives of tasks a second: put durable, taken, result and acknowledgement durable, result taken.",
    footer = {
      "",
      "A master is started for it as a process of its own, with a data directory of its own.",
      "",
      "Example:",
      "  muster bench lifecycle --tasks 2000000 -o json"
    })
final class LifecycleCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Option(
      names = "--rules",
      description =
          "With rules that hold nothing back: limits and rates of the queue and of 100 tenants, ageing, retries, TTL, run limit.")
  private boolean rules;

  @Option(
      names = "--priorities",
      defaultValue = "1",
      description = "Priorities that the tasks have in turn, 1 to 10 (default ${DEFAULT-VALUE}).")
  private int priorities;

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    if (priorities < 1 || priorities > BenchRules.PRIORITIES_MAX) {
      throw new InvalidInputException("--priorities must be 1 to 10, found " + priorities);
    }
    BenchRules chosen = new BenchRules(rules, arguments.groups(), priorities);
    output.print(new LifecycleBench(arguments.with(chosen)).run().toMap());
    return 0;
  }
}
