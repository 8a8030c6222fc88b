package dev.muster.master.dispatch;

import dev.muster.proto.v1.Offer;
import java.util.ArrayList;
import java.util.List;

/** A consumer without a session; remembers its answers. */
final class RigTaker implements ParkedTake.Receiver {
  /** The ids of each answer. */
  final List<List<Long>> answers = new ArrayList<>();

  /** It does not listen any more: what comes goes back. */
  boolean gone;

  @Override
  public boolean take(List<Offer> offers) {
    answers.add(offers.stream().flatMap(offer -> offer.getIdsList().stream()).toList());
    return !gone;
  }

  @Override
  public void unavailable(String why) {
    throw new AssertionError(why);
  }
}
