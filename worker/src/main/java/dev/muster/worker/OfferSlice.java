package dev.muster.worker;

import dev.muster.proto.v1.Offer;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Offered tasks as the master sent them, claimed one by one from the front. Nothing is made for a
 * task until a slot takes it.
 */
final class OfferSlice {
  private final Offer offer;
  private final int cost;
  private final AtomicInteger next = new AtomicInteger();

  /**
   * Called off before they were claimed, nearly always none. Written while nobody can claim, read
   * by who claimed.
   */
  private @Nullable BitSet calledOff;

  OfferSlice(Offer offer) {
    this.offer = offer;
    this.cost = Math.max(1, offer.getOptions().getCost());
  }

  Offer offer() {
    return offer;
  }

  /** Slots that each of the tasks takes, and so the credit that it spent. */
  int cost() {
    return cost;
  }

  /** The index of the next task, now the caller's; -1 when all are taken. */
  int claim() {
    // Read first: the counter must not run away under idle slots.
    if (isExhausted()) {
      return -1;
    }
    int index = next.getAndIncrement();
    return index < offer.getIdsCount() ? index : -1;
  }

  boolean isExhausted() {
    return next.get() >= offer.getIdsCount();
  }

  /** Takes all that is left: the indices. While nobody can claim. */
  int[] claimRest() {
    int[] rest = waiting();
    next.getAndAdd(offer.getIdsCount());
    return rest;
  }

  /** The indices that nobody claimed, in order. While nobody can claim. */
  int[] waiting() {
    return IntStream.range(next.get(), offer.getIdsCount())
        .filter(index -> !isCalledOff(index))
        .toArray();
  }

  /** A waiting one is called off: who claims it passes it over. While nobody can claim. */
  void callOff(int index) {
    BitSet marks = calledOff;
    if (marks == null) {
      marks = new BitSet();
      calledOff = marks;
    }
    marks.set(index);
  }

  boolean isCalledOff(int index) {
    return calledOff != null && calledOff.get(index);
  }
}
