package dev.muster.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Lives a second of one contender, round by round. */
record Rates(List<Long> rounds) {
  Rates {
    if (rounds.isEmpty()) {
      throw new IllegalArgumentException("at least one round is needed");
    }
    rounds = List.copyOf(rounds);
  }

  /** Of an even number of rounds, the mean of the middle two. */
  long median() {
    List<Long> sorted = new ArrayList<>(rounds);
    Collections.sort(sorted);
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : Math.round((sorted.get(middle - 1) + sorted.get(middle)) / 2.0);
  }

  long least() {
    return Collections.min(rounds);
  }

  long most() {
    return Collections.max(rounds);
  }
}
