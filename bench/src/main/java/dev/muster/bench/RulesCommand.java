package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "rules",
    mixinStandardHelpOptions = true,
    description =
        "What the rules cost: whole lives a second without and with them, in turn, and the median of the ratios.",
    footer = {
      "",
      "With rules: limits and rates of the queue and of 100 tenants, ageing, ten priorities, retries, TTL and run limit,",
      "none of which holds a task back.",
      "",
      "Example:",
      "  muster bench rules --tasks 300000 --warm-up 200000 -o json"
    })
final class RulesCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    BenchRules all = BenchRules.everything(arguments.groups());
    LifecycleOptions plain = arguments.with(BenchRules.NONE);
    output.print(new RulesBench(plain, arguments.with(all), rounds.count()).run());
    return 0;
  }
}
