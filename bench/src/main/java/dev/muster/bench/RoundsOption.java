package dev.muster.bench;

import picocli.CommandLine.Option;

/** How often each variant is measured: the option of every scenario that compares some. */
final class RoundsOption {
  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "So many runs of each (default ${DEFAULT-VALUE}).")
  private int rounds;

  /** Checked. */
  int count() {
    AtLeast.check("--rounds", 1, rounds);
    return rounds;
  }
}
