package dev.muster.master.simulation;

import java.util.Map;

/** What a worker has: labels, and slots for the costs of tasks. */
record Capacity(int slots, Map<String, String> labels) {
  /** Slots that a task takes. */
  static int cost(LedgerEntry entry) {
    return Math.max(1, entry.options.getCost());
  }

  /** This task may be handed to this worker. */
  void check(String worker, LedgerEntry entry) {
    World.check(
        cost(entry) <= slots,
        () -> entry.name + " costs " + cost(entry) + ", and " + worker + " has " + slots);
    World.check(
        labels.entrySet().containsAll(entry.options.getRequiresMap().entrySet()),
        () -> entry.name + " requires what " + worker + " has not: " + labels);
  }
}
