package dev.muster.master.queue;

import com.carrotsearch.hppc.LongArrayList;
import com.carrotsearch.hppc.cursors.LongCursor;
import java.util.Arrays;
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

  /** A power of two. */
  private static final int RECENT = 128;

  private final TreeMap<Long, Due> times = new TreeMap<>();

  /**
   * Times that were used last, each at the place that its number gives: what is enqueued within a
   * tenth of a second is mostly leased as soon, and this saves the way through the tree.
   */
  private final @Nullable Due[] recent = new @Nullable Due[RECENT];

  private static int recentPlace(long atMs) {
    return (int) atMs & (RECENT - 1);
  }

  void add(long atMs, long id) {
    int place = recentPlace(atMs);
    Due due = recent[place];
    if (due == null || due.atMs != atMs) {
      due = times.computeIfAbsent(atMs, Due::new);
      recent[place] = due;
    }
    due.ids.add(id);
    due.live++;
  }

  /** One of those that were added for this time is due then no more. */
  void drop(long atMs) {
    int place = recentPlace(atMs);
    Due due = recent[place];
    if (due == null || due.atMs != atMs) {
      due = times.get(atMs);
      recent[place] = due;
    }
    if (due == null) {
      throw new IllegalStateException("no task is due at " + atMs);
    }
    if (--due.live == 0) {
      times.remove(atMs);
      recent[place] = null;
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
    Arrays.fill(recent, null);
  }

  /** Gets one entry; false: no more. */
  interface Visitor {
    boolean due(long atMs, long id);
  }
}
