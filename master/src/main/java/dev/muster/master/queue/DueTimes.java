package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.cursors.LongCursor;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * When tasks are due whose timers were set since the last flush, in order of time. Most of them
 * never are: a task with a TTL is leased long before it expires. So a timer that is cleared leaves
 * nothing for the store to write, and its time only counts how many still hold; who asks tells the
 * dead entries from the living by the tasks themselves.
 */
final class DueTimes {
  /** One time, ms since the epoch, and the tasks that were due then when they were added. */
  private static final class Due {
    final long atMs;
    final LongArrayList ids = new LongArrayList(4);
    int live;

    Due(long atMs) {
      this.atMs = atMs;
    }
  }

  private final TreeMap<Long, Due> times = new TreeMap<>();

  /**
   * The ones that were used last: what is enqueued together is due together, and mostly leased
   * together, but not at the same time.
   */
  private @Nullable Due addedTo;

  private @Nullable Due droppedFrom;

  void add(long atMs, long id) {
    Due due = addedTo;
    if (due == null || due.atMs != atMs) {
      due = times.computeIfAbsent(atMs, Due::new);
      addedTo = due;
    }
    due.ids.add(id);
    due.live++;
  }

  /** One of those that were added for this time is due then no more. */
  void drop(long atMs) {
    Due due = droppedFrom;
    if (due == null || due.atMs != atMs) {
      due = times.get(atMs);
      droppedFrom = due;
    }
    if (due == null) {
      throw new IllegalStateException("no task is due at " + atMs);
    }
    if (--due.live == 0) {
      times.remove(atMs);
      droppedFrom = null;
      addedTo = addedTo == due ? null : addedTo;
    }
  }

  boolean isEmpty() {
    return times.isEmpty();
  }

  /**
   * Goes through the entries, dead ones too, in order of time, until the visitor has enough. The
   * visitor must not change anything here.
   */
  void scan(Visitor visit) {
    for (Map.Entry<Long, Due> entry : times.entrySet()) {
      for (LongCursor id : entry.getValue().ids) {
        if (!visit.due(entry.getKey(), id.value)) {
          return;
        }
      }
    }
  }

  void clear() {
    times.clear();
    addedTo = null;
    droppedFrom = null;
  }

  /** Gets one entry; false: no more. */
  interface Visitor {
    boolean due(long atMs, long id);
  }
}
