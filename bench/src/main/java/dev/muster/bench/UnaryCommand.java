package dev.muster.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "unary",
    mixinStandardHelpOptions = true,
    description =
        "One task at a time on an idle system: a plain gRPC call that puts it, and the time until its handler starts.",
    footer = {
      "",
      "The call is gRPC's own stub on an authenticated connection, as a client in another language makes it.",
      "",
      "Example:",
      "  muster bench unary --tasks 20000 -o json"
    })
final class UnaryCommand implements Callable<Integer> {
  @Option(
      names = "--tasks",
      defaultValue = "5000",
      description = "Tasks measured, of each kind (default ${DEFAULT-VALUE}).")
  private int tasks;

  @Option(
      names = "--warm-up",
      defaultValue = "20000",
      description =
          "Tasks of each kind before, without pauses, so that Java has compiled what they run (default ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--payload",
      defaultValue = "100",
      description = "Payload, bytes (default ${DEFAULT-VALUE}).")
  private int payload;

  @Option(
      names = "--pause",
      defaultValue = "1",
      description =
          "Between one task and the next, ms, so that nothing is left to do (default ${DEFAULT-VALUE}).")
  private int pause;

  @Option(names = "--plaintext", description = "Without TLS.")
  private boolean plaintext;

  @Mixin private final MasterJavaOption master = new MasterJavaOption();
  @Mixin private final FiguresOutput output = new FiguresOutput();

  @Override
  public Integer call() {
    AtLeast.check("--tasks", 1, tasks);
    AtLeast.check("--warm-up", 0, warmUp);
    AtLeast.check("--payload", AtLeast.PAYLOAD_BYTES, payload);
    AtLeast.check("--pause", 0, pause);
    UnaryOptions options =
        new UnaryOptions(tasks, warmUp, payload, pause, !plaintext, master.options());
    output.print(new UnaryBench(options).run());
    return 0;
  }
}
