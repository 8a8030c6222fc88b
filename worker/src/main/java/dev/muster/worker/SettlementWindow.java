package dev.muster.worker;

import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Settlement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Numbers settlements and keeps them until the master has made them durable. Pure; guarded by its
 * owner.
 */
final class SettlementWindow {
  private final Deque<NumberedSettlement> unsettled = new ArrayDeque<>();
  private long last;

  /** Gives a settlement the next number, from 1. */
  NumberedSettlement number(Settlement settlement) {
    NumberedSettlement numbered =
        NumberedSettlement.newBuilder().setNumber(++last).setSettlement(settlement).build();
    unsettled.addLast(numbered);
    return numbered;
  }

  /** Forgets all up to a number. */
  void settledUpto(long number) {
    while (!unsettled.isEmpty() && unsettled.peekFirst().getNumber() <= number) {
      unsettled.removeFirst();
    }
  }

  /** What is to be sent again, in order. */
  List<NumberedSettlement> unsettled() {
    return List.copyOf(unsettled);
  }

  /** All up to this number are durable, as far as was heard; 0: none is. */
  long settledUpto() {
    return last - unsettled.size();
  }

  boolean isEmpty() {
    return unsettled.isEmpty();
  }

  /** The number given last; 0 before the first. */
  long last() {
    return last;
  }
}
