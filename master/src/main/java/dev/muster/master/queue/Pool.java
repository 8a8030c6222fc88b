package dev.muster.master.queue;

import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What asks the same of a worker: labels, and slots. In it, the tenants in order of their turn. */
final class Pool {
  private static final Comparator<Share> TURN = Share::compareByPlace;

  final Map<String, String> requires;
  final int cost;

  /** By priority: those who can be served now, in the order of {@link Share#placedUs}. */
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
      band = new Heap<>(TURN);
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
      long turnUs = first.tenant.turnUs();
      if (first.placedUs == turnUs) {
        break;
      }
      first.placeAt(turnUs);
      band.moved(first);
      first = band.first();
    }
    return first;
  }
}
