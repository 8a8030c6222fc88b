package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "put",
    mixinStandardHelpOptions = true,
    description =
        "Tasks a second that become durable while nobody takes them, and how long one takes that is put alone.",
    footer = {"", "Example:", "  muster bench put --payload 1048576 --tasks 2000 --warm-up 500"})
final class PutCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    output.print(new PutBench(arguments.with(BenchRules.NONE)).run());
    return 0;
  }
}
