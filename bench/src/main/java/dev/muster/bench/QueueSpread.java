package dev.muster.bench;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Among how many queues the tasks are spread, in turn.
 *
 * @param queues 1 or more
 * @param run tasks in a row that are put into the same queue: a request has one queue, so that with
 *     1 only what gathers under load shares one
 */
record QueueSpread(int queues, int run) {
  /** All in one queue. */
  static final QueueSpread NONE = new QueueSpread(1, BenchRules.RUN_TASKS);

  /** As a program puts that has some tasks for each queue. */
  static final int RUN_DEFAULT = 100;

  private static final String NAME = "bench-tasks";

  QueueSpread {
    if (queues < 1 || run < 1) {
      throw new InvalidInputException(
          "expected at least 1 queue and 1 task in a row, found " + queues + " and " + run);
    }
  }

  /** The queues' names. */
  List<String> names() {
    return queues == 1
        ? List.of(NAME)
        : IntStream.range(0, queues).mapToObj(i -> NAME + "-" + i).toList();
  }

  /** The fewest workers that serve all of them. */
  int workersMin() {
    return (queues + Limits.WORKER_QUEUES_MAX - 1) / Limits.WORKER_QUEUES_MAX;
  }

  /** What one of the workers serves: all queues, or as many as one may, each by some worker. */
  List<String> servedBy(int worker) {
    List<String> names = names();
    int parts = workersMin();
    int part = worker % parts;
    return names.subList(
        (int) ((long) queues * part / parts), (int) ((long) queues * (part + 1) / parts));
  }
}
