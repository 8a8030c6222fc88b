package dev.muster.bench;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that every scenario of whole lives has. */
final class LifecycleArguments {
  @Option(
      names = "--tasks",
      defaultValue = "1000000",
      description = "Tasks measured (default ${DEFAULT-VALUE}).")
  private long tasks;

  @Option(
      names = "--warm-up",
      defaultValue = "1000000",
      description = "Tasks before the clock starts (default ${DEFAULT-VALUE}).")
  private long warmUp;

  @Option(
      names = "--payload",
      defaultValue = "100",
      description = "Payload, bytes (default ${DEFAULT-VALUE}).")
  private int payload;

  @Option(
      names = "--result",
      defaultValue = "16",
      description = "Result, bytes (default ${DEFAULT-VALUE}).")
  private int result;

  @Option(
      names = "--workers",
      defaultValue = "2",
      description = "Workers (default ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--credit",
      defaultValue = "2000",
      description = "Tasks that a worker takes ahead (default ${DEFAULT-VALUE}).")
  private int credit;

  @Option(
      names = "--unfinished-max",
      defaultValue = "100000",
      description =
          "The producer pauses while more tasks than this are unfinished (default ${DEFAULT-VALUE}).")
  private long unfinishedMax;

  @Option(names = "--plaintext", description = "Without TLS.")
  private boolean plaintext;

  @Option(
      names = "--groups",
      defaultValue = "0",
      description =
          "Ordered groups among which the tasks are spread; 0: none (default ${DEFAULT-VALUE}).")
  private int groups;

  @Mixin private final MasterJavaOption master = new MasterJavaOption();

  int groups() {
    return groups;
  }

  /** Checked. */
  LifecycleOptions with(BenchRules rules) {
    AtLeast.check("--tasks", 1, tasks);
    AtLeast.check("--warm-up", 0, warmUp);
    AtLeast.check("--payload", AtLeast.PAYLOAD_BYTES, payload);
    AtLeast.check("--result", 0, result);
    AtLeast.check("--workers", 1, workers);
    AtLeast.check("--credit", 0, credit);
    AtLeast.check("--unfinished-max", 1, unfinishedMax);
    AtLeast.check("--groups", 0, groups);
    return new LifecycleOptions(
        tasks,
        warmUp,
        payload,
        result,
        workers,
        credit,
        unfinishedMax,
        !plaintext,
        rules,
        QueueSpread.NONE,
        master.options());
  }
}
