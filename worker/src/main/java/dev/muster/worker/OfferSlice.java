package dev.muster.worker;

import dev.muster.proto.v1.Offer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Offered tasks as the master sent them, claimed one by one from the front. Nothing is made for a
 * task until a slot takes it.
 */
final class OfferSlice {
  private final Offer offer;
  private final AtomicInteger next = new AtomicInteger();

  /**
   * The session that it came in is over: outcomes do not count. Written under every slot's lock.
   */
  private volatile boolean dropped;

  OfferSlice(Offer offer) {
    this.offer = offer;
  }

  Offer offer() {
    return offer;
  }

  /** The index of the next task, now the caller's; -1 when all are taken. */
  int claim() {
    // Read first: the counter must not run away under idle slots.
    if (next.get() >= offer.getIdsCount()) {
      return -1;
    }
    int index = next.getAndIncrement();
    return index < offer.getIdsCount() ? index : -1;
  }

  /** Takes all that is left: from the returned index to the end. */
  int claimRest() {
    return Math.min(next.getAndAdd(offer.getIdsCount()), offer.getIdsCount());
  }

  /** The first index that is not claimed. */
  int claimed() {
    return Math.min(next.get(), offer.getIdsCount());
  }

  void drop() {
    dropped = true;
  }

  boolean isDropped() {
    return dropped;
  }
}
