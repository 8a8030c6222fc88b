package dev.muster.compare;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rounds in which each contender has its turn, so that a machine that slows down or speeds up does
 * so for all of them. One that is not installed, or fails, is left out with the reason.
 */
final class Comparison {
  private final List<Contender> contenders;
  private final PrintWriter out;

  /**
   * @param out gets a line for each turn
   */
  Comparison(List<Contender> contenders, PrintWriter out) {
    this.contenders = List.copyOf(contenders);
    this.out = out;
  }

  /** A row for each contender, in their order. */
  List<Row> run(int rounds, Span span) throws InterruptedException {
    Map<Contender, List<Long>> rates = new LinkedHashMap<>();
    Map<Contender, String> leftOut = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      String absence = contender.absence();
      if (absence == null) {
        rates.put(contender, new ArrayList<>());
      } else {
        leaveOut(leftOut, contender, absence);
      }
    }
    for (int round = 1; round <= rounds; round++) {
      for (Map.Entry<Contender, List<Long>> turn : rates.entrySet()) {
        Contender contender = turn.getKey();
        if (leftOut.containsKey(contender)) {
          continue;
        }
        try {
          long rate = contender.measure(span);
          turn.getValue().add(rate);
          out.printf("round %d of %d  %-16s %,9d lives/s%n", round, rounds, contender.id(), rate);
          out.flush();
        } catch (ComparisonException e) {
          leaveOut(leftOut, contender, "failed in round " + round + ": " + e.getMessage());
        }
      }
    }
    return contenders.stream().map(one -> row(one, leftOut.get(one), rates.get(one))).toList();
  }

  private void leaveOut(Map<Contender, String> leftOut, Contender contender, String reason) {
    leftOut.put(contender, reason);
    out.printf("left out: %s: %s%n", contender.id(), reason);
    out.flush();
  }

  private static Row row(
      Contender contender, @Nullable String leftOut, @Nullable List<Long> rates) {
    if (leftOut != null || rates == null) {
      return Row.leftOut(contender, String.valueOf(leftOut));
    }
    return Row.measured(contender, contender.version(), new Rates(rates));
  }
}
