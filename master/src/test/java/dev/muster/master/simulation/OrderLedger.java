package dev.muster.master.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** In which order tasks were handed out: where nothing is given back, first in, first out. */
final class OrderLedger {
  private record Handed(String who, long id) {}

  private final Map<String, TreeMap<Long, List<Handed>>> order = new LinkedHashMap<>();

  void offered(String queue, long token, String who, long id) {
    order
        .computeIfAbsent(queue, key -> new TreeMap<>())
        .computeIfAbsent(token, key -> new ArrayList<>())
        .add(new Handed(who, id));
  }

  /** From here on, what is handed out is looked at. */
  void begin() {
    order.clear();
  }

  /**
   * Since {@link #begin}, with nothing given back. Leases of one entry have one token: nobody sees
   * which of them came first, only the order within each.
   */
  void check() {
    order.forEach(
        (queue, leases) -> {
          long before = 0;
          for (List<Handed> lease : leases.values()) {
            Map<String, Long> last = new HashMap<>();
            long most = before;
            for (Handed handed : lease) {
              long bound = Math.max(before, last.getOrDefault(handed.who, 0L));
              World.check(
                  handed.id > bound,
                  () -> queue + ": task " + bound + " was handed out before task " + handed.id);
              last.put(handed.who, handed.id);
              most = Math.max(most, handed.id);
            }
            before = most;
          }
        });
  }
}
