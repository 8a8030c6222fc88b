package dev.muster.master.queue;

import java.util.ArrayList;
import java.util.List;

/**
 * Tasks of one queue that run one at a time. The key alone says which they are; their order is that
 * of each line, so tasks of different priorities, tenants or pools overtake each other.
 */
final class Group {
  final String key;
  final List<Line> lines = new ArrayList<>(1);

  /** The task that is leased, or waits for its next attempt; 0: none, the next may go. */
  long holder;

  Group(String key) {
    this.key = key;
  }
}
