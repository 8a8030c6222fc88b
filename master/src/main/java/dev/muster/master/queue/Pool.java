package dev.muster.master.queue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What asks the same of a worker: labels, and slots. In it, the tenants in order of their turn. */
final class Pool {
  final Map<String, String> requires;
  final int cost;

  /**
   * By priority: those who can be served now, each at a round that is never after its tenant's; in
   * a round, who has waited longest goes first. A turn that has come later since is corrected only
   * when it matters: that saves moving all shares of a tenant at each lease and each settlement.
   */
  private final @Nullable Heap<Share>[] bands;

  /** Lines that use it. */
  int lines;

  /** Tasks that can be leased now, and those that only wait for their tenant's rate. */
  long leasable;

  long limited;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  Pool(Map<String, String> requires, int cost) {
    this.requires = requires;
    this.cost = cost;
    this.bands = new Heap[Ready.PRIORITIES];
  }

  /** Whether a worker can run what is in here. */
  boolean fits(Map<String, String> labels, int slots) {
    return (slots == 0 || cost <= slots) && labels.entrySet().containsAll(requires.entrySet());
  }

  Heap<Share> band(int priority) {
    Heap<Share> band = bands[priority];
    if (band == null) {
      band = new Heap<>();
      bands[priority] = band;
    }
    return band;
  }

  /** Whose turn it is, or null. */
  @Nullable Share first(int priority) {
    Heap<Share> band = bands[priority];
    Share first = band == null ? null : band.first();
    // Nobody's turn is before their place. So the first whose place is their turn is the first of
    // all; those before it move on to where they belong.
    while (band != null && first != null) {
      long round = first.tenant.round();
      if (band.key(first) == round) {
        break;
      }
      first.tenant.placed(round);
      band.move(first, round, band.tie(first));
      first = band.first();
    }
    return first;
  }
}
