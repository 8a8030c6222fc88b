package dev.muster.compare;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rounds in which each contender has its turn, so that a machine that slows down or speeds up does
 * so for all of them. Each round begins with the second of the one before: nobody always follows
 * the one that leaves most to be written. One that is not installed, or fails, is left out with the
 * reason.
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
    Map<Contender, List<Turn>> rates = new LinkedHashMap<>();
    Map<Contender, String> leftOut = new LinkedHashMap<>();
    List<Contender> turns = new ArrayList<>();
    for (Contender contender : contenders) {
      String absence = contender.absence();
      if (absence == null) {
        turns.add(contender);
      } else {
        leaveOut(leftOut, contender, absence);
      }
    }
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : turns) {
        if (leftOut.containsKey(contender)) {
          continue;
        }
        try {
          Turn measured = contender.measure(span);
          rates.computeIfAbsent(contender, unused -> new ArrayList<>()).add(measured);
          out.printf(
              Locale.ROOT,
              "round %d of %d  %-20s %,9d lives/s, CPU of a life %.1f µs server + %.1f µs clients%n",
              round,
              rounds,
              contender.id(),
              measured.perSecond(),
              measured.serverCpuUs(),
              measured.clientCpuUs());
          out.flush();
        } catch (ComparisonException e) {
          leaveOut(leftOut, contender, "failed in round " + round + ": " + e.getMessage());
        }
      }
      Collections.rotate(turns, -1);
    }
    return contenders.stream().map(one -> row(one, leftOut.get(one), rates.get(one))).toList();
  }

  private void leaveOut(Map<Contender, String> leftOut, Contender contender, String reason) {
    leftOut.put(contender, reason);
    out.printf("left out: %s: %s%n", contender.id(), reason);
    out.flush();
  }

  private static Row row(
      Contender contender, @Nullable String leftOut, @Nullable List<Turn> rates) {
    if (leftOut != null || rates == null) {
      return Row.leftOut(contender, String.valueOf(leftOut));
    }
    return Row.measured(contender, contender.version(), new Rates(rates));
  }
}
