package dev.muster.bench;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "payload",
    mixinStandardHelpOptions = true,
    description =
        "What large payloads cost: whole lives and MB a second by size, in turn, beside what the disk does.",
    footer = {
      "",
      "The disk is measured before each round: blocks of 1 MiB in sequence into a new file, with an fsync after each, and after",
      "each eighth. Where payloads are large there are fewer tasks, less credit and fewer unfinished ones.",
      "",
      "Example:",
      "  muster bench payload --sizes 100,1048576 --rounds 3 -o json"
    })
final class PayloadCommand implements Callable<Integer> {
  @Option(
      names = "--sizes",
      split = ",",
      defaultValue = "16,100,1024,10240,102400,1048576",
      description = "Sizes, bytes; ratios are to the first (default ${DEFAULT-VALUE}).")
  private List<Integer> sizes = List.of();

  @Option(
      names = "--bytes",
      defaultValue = "1073741824",
      description =
          "Payloads of one run together, bytes; --tasks, if those are fewer (default ${DEFAULT-VALUE}).")
  private long bytes;

  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();
  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    boolean inRange =
        sizes.stream().allMatch(size -> size >= Long.BYTES && size <= Limits.PAYLOAD_BYTES_MAX);
    if (sizes.isEmpty() || !inRange || bytes < 1) {
      throw new InvalidInputException(
          "--sizes must be 8 to "
              + Limits.PAYLOAD_BYTES_MAX
              + " bytes each, and --bytes at least 1; found "
              + sizes
              + " and "
              + bytes);
    }
    LifecycleOptions options = arguments.with(BenchRules.NONE);
    output.print(new PayloadBench(options, sizes, bytes, rounds.count()).run());
    return 0;
  }
}
