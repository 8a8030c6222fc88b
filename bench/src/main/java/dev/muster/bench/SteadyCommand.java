package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "steady",
    mixinStandardHelpOptions = true,
    description =
        "Latencies of tasks that come at a steady rate: until durable, until started, until their result is taken.",
    footer = {
      "",
      "Each is counted from the time at which the task was to be put, also when the producer was late.",
      "Half of the warm-up runs at the rate, a minute of it at most, and the rest before at full",
      "speed, so that Java compiles before and not meanwhile: that takes it about a minute.",
      "",
      "Example:",
      "  muster bench steady --rate 50000 --warm-up 4000000 -o json",
      "  muster bench steady --rate 100 --tasks 3000 --warm-up 1000"
    })
final class SteadyCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();

  @Option(
      names = "--rate",
      defaultValue = "50000",
      description = "Tasks a second (default ${DEFAULT-VALUE}).")
  private long rate;

  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--rate", 1, rate);
    LifecycleOptions options = arguments.with(BenchRules.NONE);
    // The result brings the time of its task back.
    AtLeast.check("--result", AtLeast.PAYLOAD_BYTES, options.resultBytes());
    output.print(new SteadyBench(options, rate).run());
    return 0;
  }
}
