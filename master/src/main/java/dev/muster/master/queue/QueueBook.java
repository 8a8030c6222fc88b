package dev.muster.master.queue;

import com.carrotsearch.hppc.IntObjectHashMap;
import dev.muster.master.store.StateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All queues, by name and by number. A queue exists from its first use on. */
final class QueueBook {
  /** More queues than that are refused: each costs memory for good. */
  static final int QUEUES_MAX = 100_000;

  private final NavigableMap<String, QueueState> byName = new TreeMap<>();
  private final IntObjectHashMap<QueueState> byNumber = new IntObjectHashMap<>();

  void restore(StateStore store) {
    store.queues(record -> add(new QueueState(record)));
  }

  @Nullable QueueState find(String name) {
    return byName.get(name);
  }

  /** Makes a queue that is not there; null when there are too many. */
  @Nullable QueueState add(String name) {
    if (byName.size() >= QUEUES_MAX) {
      return null;
    }
    QueueState queue = new QueueState(byName.size() + 1, name);
    add(queue);
    return queue;
  }

  /** As {@link #add}, without the limit: for what has been promised already. */
  QueueState findOrAdd(String name) {
    QueueState queue = find(name);
    if (queue == null) {
      queue = new QueueState(byName.size() + 1, name);
      add(queue);
    }
    return queue;
  }

  QueueState byNumber(int number) {
    QueueState queue = byNumber.get(number);
    if (queue == null) {
      throw new IllegalStateException(
          "a task names queue number " + number + ", which does not exist");
    }
    return queue;
  }

  /** Queues in order of name: those that begin with a prefix, after a name. */
  List<QueueState> page(String prefix, String after, int limit) {
    List<QueueState> page = new ArrayList<>();
    String from = after.compareTo(prefix) > 0 ? after : prefix;
    for (QueueState queue : byName.tailMap(from, !from.equals(after)).values()) {
      if (!queue.name.startsWith(prefix) || page.size() == limit) {
        break;
      }
      page.add(queue);
    }
    return page;
  }

  private void add(QueueState queue) {
    byName.put(queue.name, queue);
    byNumber.put(queue.number, queue);
  }
}
