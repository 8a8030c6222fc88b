package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "tls",
    mixinStandardHelpOptions = true,
    description =
        "What TLS costs: whole lives a second in plaintext and with TLS, in turn, and the median of the ratios.",
    footer = {"", "Example:", "  muster bench tls --rounds 3 -o json"})
final class TlsCommand implements Callable<Integer> {
  @Mixin private final LifecycleArguments arguments = new LifecycleArguments();
  @Mixin private final RoundsOption rounds = new RoundsOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    LifecycleOptions options = arguments.with(BenchRules.NONE);
    Map<String, LifecycleOptions> variants = new LinkedHashMap<>();
    variants.put("off", options.withTls(false));
    variants.put("on", options.withTls(true));
    output.print(Comparison.run(variants, rounds.count()).toMap("tls", "tls", "off"));
    return 0;
  }
}
