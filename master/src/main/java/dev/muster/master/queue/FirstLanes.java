package dev.muster.master.queue;

import dev.muster.master.store.LaneKey;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The lanes of lines in which something waits: the first so many from a number on. However many
 * lines a queue has, one look at each is all that it takes.
 */
final class FirstLanes {
  private static final Comparator<Line> ORDER = Comparator.comparingLong(line -> line.number);

  private final long from;
  private final int max;

  /** The last of them on top. */
  private final PriorityQueue<Line> lines = new PriorityQueue<>(ORDER.reversed());

  /**
   * @param from number of the first line of interest
   * @param max at most so many, from 1
   */
  FirstLanes(long from, int max) {
    this.from = from;
    this.max = max;
  }

  void add(Line line) {
    if (line.number < from || line.lane.size() == 0) {
      return;
    }
    Line last = lines.size() == max ? lines.peek() : null;
    if (last != null && last.number < line.number) {
      return;
    }
    if (last != null) {
      lines.remove();
    }
    lines.add(line);
  }

  /** In order of number. */
  List<LaneKey> keys() {
    return lines.stream().sorted(ORDER).map(line -> line.lane.key()).toList();
  }
}
