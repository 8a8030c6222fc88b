package dev.muster.compare;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What the turns of one contender came to, round by round. */
record Rates(List<Turn> turns) {
  Rates {
    if (turns.isEmpty()) {
      throw new IllegalArgumentException("at least one round is needed");
    }
    turns = List.copyOf(turns);
  }

  /** Lives a second. */
  long median() {
    return Math.round(median(Turn::perSecond));
  }

  double serverCpuUs() {
    return median(Turn::serverCpuUs);
  }

  double clientCpuUs() {
    return median(Turn::clientCpuUs);
  }

  long serverPeakMb() {
    return Math.round(median(Turn::serverPeakMb));
  }

  long least() {
    return turns.stream().mapToLong(Turn::perSecond).min().getAsLong();
  }

  long most() {
    return turns.stream().mapToLong(Turn::perSecond).max().getAsLong();
  }

  /** Of an even number of rounds, the mean of the middle two. */
  private double median(ToDoubleFunction<Turn> figure) {
    double[] sorted = turns.stream().mapToDouble(figure).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
