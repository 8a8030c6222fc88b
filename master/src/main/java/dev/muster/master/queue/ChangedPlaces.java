package dev.muster.master.queue;

import dev.muster.master.store.LaneKey;
import java.util.Comparator;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The first places of some lanes that changed since the last flush. One pass over the tasks of a
 * generation finds those of all lanes: there may be as many lanes as tasks.
 */
final class ChangedPlaces {
  private record Place(long line, long position) {}

  private static final Comparator<Place> ORDER =
      Comparator.comparingLong(Place::line).thenComparingLong(Place::position);

  private final LaneKey first;
  private final LaneKey last;
  private final long from;
  private final long upto;
  private final int max;
  private final NavigableMap<Place, Long> ids = new TreeMap<>(ORDER);

  /**
   * @param first the lane that comes first, and {@code last} the last: of one kind and queue
   * @param from the first position of interest in the first lane
   * @param upto the last position of interest in all of them
   * @param max at most so many, from 1
   */
  ChangedPlaces(LaneKey first, LaneKey last, long from, long upto, int max) {
    this.first = first;
    this.last = last;
    this.from = from;
    this.upto = upto;
    this.max = max;
  }

  void add(Task task) {
    LaneKey lane = task.lane;
    if (lane.kind() != first.kind()
        || lane.queue() != first.queue()
        || lane.line() < first.line()
        || lane.line() > last.line()
        || (lane.line() == first.line() && task.position < from)
        || task.position > upto) {
      return;
    }
    if (ids.size() == max) {
      Place most = ids.lastKey();
      if (lane.line() > most.line || (lane.line() == most.line && task.position >= most.position)) {
        return;
      }
      ids.pollLastEntry();
    }
    ids.put(new Place(lane.line(), task.position), task.id);
  }

  /** Those of one lane: id by position. A map of its own. */
  NavigableMap<Long, Long> of(LaneKey lane) {
    NavigableMap<Long, Long> places = new TreeMap<>();
    ids.subMap(new Place(lane.line(), 0), true, new Place(lane.line(), Long.MAX_VALUE), true)
        .forEach((place, id) -> places.put(place.position, id));
    return places;
  }
}
