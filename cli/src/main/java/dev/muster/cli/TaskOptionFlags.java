package dev.muster.cli;

import dev.muster.client.TaskQueue;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that makes tasks: what one task can have, now or by a schedule. */
final class TaskOptionFlags {
  @Option(
      names = "--name",
      paramLabel = "HANDLER",
      description = "Name of the handler that runs the tasks, for workers.")
  private String handler = "";

  @Option(
      names = "--result-queue",
      paramLabel = "QUEUE",
      description = "Results become entries of this queue; default: they are kept with the task.")
  private @Nullable String resultQueue;

  @Option(
      names = "--priority",
      paramLabel = "0..9",
      description = "9 goes first; default: 0. Equal ones go in the order in which they were put.")
  private @Nullable Integer priority;

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Longest wait for a worker; then a task has expired. Default: for ever.")
  private @Nullable Duration ttl;

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      description = "Attempts that may fail until a task has; default: the queue's, or 1.")
  private @Nullable Integer maxAttempts;

  @Option(
      names = "--backoff",
      paramLabel = "MIN..MAX",
      converter = BackoffRange.Converter.class,
      description =
          "Waits between attempts, each twice as long as the last; default: the queue's, or 1s..10m.")
  private @Nullable BackoffRange backoff;

  @Option(
      names = "--run-limit",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long an attempt may run until it counts as failed; default: no limit.")
  private @Nullable Duration runLimit;

  @Option(
      names = "--progress-timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The same, since its last sign of progress; default: no limit.")
  private @Nullable Duration progressTimeout;

  @Option(
      names = "--cost",
      paramLabel = "SLOTS",
      description = "How many of a worker's slots a task takes; default: 1.")
  private @Nullable Integer cost;

  @Option(
      names = "--require",
      paramLabel = "LABEL=VALUE",
      description = "Only for workers with this label; give it several times for several.")
  private final Map<String, String> requires = new LinkedHashMap<>();

  @Option(
      names = "--header",
      paramLabel = "KEY=VALUE",
      description = "Handed to the handler as it is; give it several times for several.")
  private final Map<String, String> headers = new LinkedHashMap<>();

  @Nullable String resultQueue() {
    return resultQueue;
  }

  /** The same tasks with these options; the client checks each. */
  <T> TaskQueue<T> on(TaskQueue<T> plain) {
    TaskQueue<T> tasks = handler.isEmpty() ? plain : plain.handler(handler);
    if (resultQueue != null) {
      tasks = tasks.resultsTo(resultQueue);
    }
    if (priority != null) {
      tasks = tasks.priority(priority);
    }
    if (ttl != null) {
      tasks = tasks.ttl(ttl);
    }
    if (maxAttempts != null) {
      tasks = tasks.maxAttempts(maxAttempts);
    }
    if (backoff != null) {
      tasks = tasks.backoff(backoff.min(), backoff.max());
    }
    if (runLimit != null) {
      tasks = tasks.runLimit(runLimit);
    }
    if (progressTimeout != null) {
      tasks = tasks.progressTimeout(progressTimeout);
    }
    if (cost != null) {
      tasks = tasks.cost(cost);
    }
    for (Map.Entry<String, String> label : requires.entrySet()) {
      tasks = tasks.require(label.getKey(), label.getValue());
    }
    for (Map.Entry<String, String> header : headers.entrySet()) {
      tasks = tasks.header(header.getKey(), header.getValue());
    }
    return tasks;
  }
}
