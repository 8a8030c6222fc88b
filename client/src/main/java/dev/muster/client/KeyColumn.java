package dev.muster.client;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * One kind of key in a request: each is said once, and of each task the index of its own. A column
 * begins with the first task that has a key; those before have none. Guarded by its owner.
 */
final class KeyColumn {
  private final Consumer<String> keys;
  private final IntConsumer indexes;
  private Map<String, Integer> known = Map.of(); // most columns never begin
  private String last = "";
  private int lastIndex;
  private int tasks;

  /**
   * An empty column.
   *
   * @param keys takes each key when it is new
   * @param indexes takes the index of each task's key
   */
  KeyColumn(Consumer<String> keys, IntConsumer indexes) {
    this.keys = keys;
    this.indexes = indexes;
  }

  /**
   * One more task joins.
   *
   * @param before tasks of the request before it
   */
  void add(String key, int before) {
    if (tasks == 0 && key.isEmpty()) {
      return;
    }
    while (tasks < before) {
      indexes.accept(indexOf(""));
      tasks++;
    }
    indexes.accept(indexOf(key));
    tasks++;
  }

  private int indexOf(String key) {
    if (known.isEmpty() || !key.equals(last)) {
      Integer index = known.get(key);
      if (index == null) {
        known = known.isEmpty() ? new HashMap<>() : known;
        index = known.size();
        known.put(key, index);
        keys.accept(key);
      }
      last = key;
      lastIndex = index;
    }
    return lastIndex;
  }
}
