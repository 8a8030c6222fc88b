package dev.muster.worker;

import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.Settlement;

/** Writes the attempts that a worker still holds into its hello. */
final class HeldAttempts {
  private final Hello.Builder hello;

  HeldAttempts(Hello.Builder hello) {
    this.hello = hello;
  }

  void add(long id, long token) {
    hello.addHeldIds(id).addHeldTokens(token);
  }

  /** What waits of an offer. */
  void add(OfferSlice slice) {
    for (int i : slice.waiting()) {
      add(slice.offer().getIds(i), slice.offer().getToken());
    }
  }

  /** Settled here, but the master may not know yet. */
  void add(Settlement settlement) {
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      add(settlement.getCompletedIds(i), settlement.getCompletedTokens(i));
    }
    for (var failed : settlement.getFailedList()) {
      add(failed.getId(), failed.getToken());
    }
    for (var crashed : settlement.getCrashedList()) {
      add(crashed.getId(), crashed.getToken());
    }
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      add(settlement.getReturnedIds(i), settlement.getReturnedTokens(i));
    }
    for (int i = 0; i < settlement.getCancelledIdsCount(); i++) {
      add(settlement.getCancelledIds(i), settlement.getCancelledTokens(i));
    }
  }
}
