package dev.muster.client;

import dev.muster.common.InvalidInputException;
import java.util.List;

/** The ids of a graph's tasks, now that they are durable. Immutable. */
public final class GraphIds {
  private final TaskGraph graph;
  private final List<Long> all;

  GraphIds(TaskGraph graph, List<Long> all) {
    this.graph = graph;
    this.all = all;
  }

  /** In the order in which the tasks were added to the graph. */
  public List<Long> all() {
    return all;
  }

  /** Of the task that was added to the graph last: of a chain or a join, the one to await. */
  public long last() {
    return all.get(all.size() - 1);
  }

  /** Of one task. */
  public long of(TaskGraph.Node node) {
    if (!node.isOf(graph) || node.index() >= all.size()) {
      throw new InvalidInputException(
          "task " + node.name() + " was not in this graph when it was enqueued");
    }
    return all.get(node.index());
  }
}
