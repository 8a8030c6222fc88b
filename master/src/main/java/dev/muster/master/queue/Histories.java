package dev.muster.master.queue;

import com.carrotsearch.hppc.LongLongHashMap;
import dev.muster.proto.v1.TaskInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds a task in the histories of all queues by its id.
 *
 * <p>Hundreds of thousands of tasks pass through the histories in a second, and hardly one of them
 * is asked for. So nobody keeps an index while tasks end: it is brought up to date when somebody
 * asks, by what came since, which is never more than the histories hold (a thousand for each queue
 * unless set otherwise; some 0.2 µs each). An await of many forgotten tasks pays for that once, and
 * each further look-up is that of a hash map. The index lists what the histories hold, and is thus
 * as bounded as they are.
 */
final class Histories {
  private final List<History> all = new ArrayList<>();

  /** Those with tasks that are not in the index. */
  private final List<History> changed = new ArrayList<>();

  /** By id: number of the history, and place in it. */
  private final LongLongHashMap places = new LongLongHashMap();

  /** A new history, of a queue. */
  History open(String queue) {
    History history = new History(queue, all.size(), this);
    all.add(history);
    return history;
  }

  /** Something was added to it, for the first time since it was indexed. */
  void changed(History history) {
    changed.add(history);
  }

  /** What is remembered of a task, or null. */
  TaskInfo.@Nullable Builder find(long id) {
    if (places.isEmpty()) {
      places.ensureCapacity(changed.stream().mapToInt(History::fresh).sum());
    }
    changed.forEach(history -> history.index(places));
    changed.clear();
    long place = places.getOrDefault(id, -1);
    return place < 0 ? null : all.get((int) (place >>> 32)).find((int) place, id);
  }

  /** Tasks in the index. */
  int indexed() {
    return places.size();
  }
}
