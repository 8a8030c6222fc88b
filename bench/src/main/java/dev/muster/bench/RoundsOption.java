package dev.muster.bench;

import dev.muster.common.InvalidInputException;
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
    if (rounds < 1) {
      throw new InvalidInputException("--rounds must be at least 1, found " + rounds);
    }
    return rounds;
  }
}
