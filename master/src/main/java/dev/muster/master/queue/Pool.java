package dev.muster.master.queue;

import java.util.Comparator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What asks the same of a worker: labels, and slots. In it, the tenants in order of their turn. */
final class Pool {
  private static final Comparator<Share> TURN =
      Comparator.comparingLong((Share share) -> share.tenant.turnUs())
          .thenComparing(share -> share.tenant.name);

  final Map<String, String> requires;
  final int cost;

  /** By priority: those who can be served now. */
  private final @Nullable TreeSet<Share>[] bands;

  /** Lines that use it. */
  int lines;

  /** Tasks that can be leased now, and those that only wait for their tenant's rate. */
  long leasable;

  long limited;

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  Pool(Map<String, String> requires, int cost) {
    this.requires = requires;
    this.cost = cost;
    this.bands = new TreeSet[Ready.PRIORITIES];
  }

  /** Whether a worker can run what is in here. */
  boolean fits(Map<String, String> labels, int slots) {
    return (slots == 0 || cost <= slots) && labels.entrySet().containsAll(requires.entrySet());
  }

  NavigableSet<Share> band(int priority) {
    TreeSet<Share> band = bands[priority];
    if (band == null) {
      band = new TreeSet<>(TURN);
      bands[priority] = band;
    }
    return band;
  }

  /** Whose turn it is, or null. */
  @Nullable Share first(int priority) {
    TreeSet<Share> band = bands[priority];
    return band == null || band.isEmpty() ? null : band.first();
  }
}
