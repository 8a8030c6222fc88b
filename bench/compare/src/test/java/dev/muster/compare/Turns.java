package dev.muster.compare;

import java.util.Arrays;
import java.util.List;

/** Turns of which only the rates matter. */
final class Turns {
  private Turns() {}

  static Turn at(long perSecond) {
    return new Turn(perSecond, 2, 1, 64);
  }

  static Rates of(long... perSecond) {
    List<Turn> turns = Arrays.stream(perSecond).mapToObj(Turns::at).toList();
    return new Rates(turns);
  }
}
