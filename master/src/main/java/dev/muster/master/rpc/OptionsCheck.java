package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of what tasks share. Null means that none is broken. */
final class OptionsCheck {
  private OptionsCheck() {}

  static Outcome.@Nullable Refused options(TaskOptions options) {
    Outcome.Refused refused = names(options);
    if (refused == null) {
      refused = numbers(options);
    }
    if (refused == null && options.hasRetry()) {
      refused = retry(options.getRetry());
    }
    if (refused == null) {
      refused = RequestCheck.labels("what a task requires", options.getRequiresMap());
    }
    return refused;
  }

  private static Outcome.@Nullable Refused names(TaskOptions options) {
    if (RequestCheck.isLong(options.getHandler())
        || RequestCheck.isLong(options.getContentType())) {
      return RequestCheck.bad(
          "a handler's name and a content type have at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    int headerBytes = 0;
    for (Map.Entry<String, String> header : options.getHeadersMap().entrySet()) {
      headerBytes += RequestCheck.bytes(header.getKey()) + RequestCheck.bytes(header.getValue());
    }
    if (headerBytes > Limits.HEADERS_BYTES_MAX) {
      return RequestCheck.bad(
          "headers have at most " + Limits.HEADERS_BYTES_MAX + " bytes, found " + headerBytes);
    }
    return options.getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE
        ? RequestCheck.queue(options.getResultQueue())
        : null;
  }

  private static Outcome.@Nullable Refused numbers(TaskOptions options) {
    int priority = options.getPriority();
    if (priority < 0 || priority > Limits.PRIORITY_MAX) {
      return RequestCheck.bad(
          "a priority is 0 to " + Limits.PRIORITY_MAX + ", 9 goes first, found " + priority);
    }
    int cost = options.getCost();
    if (cost < 0 || cost > Limits.COST_MAX) {
      return RequestCheck.bad("a task costs 1 to " + Limits.COST_MAX + " slots, found " + cost);
    }
    Outcome.Refused refused =
        RequestCheck.time("a TTL", options.getTtlMs(), Limits.TASK_TIME_MS_MAX);
    if (refused == null) {
      refused =
          RequestCheck.time("a run-time limit", options.getRunLimitMs(), Limits.TASK_TIME_MS_MAX);
    }
    return refused == null
        ? RequestCheck.time(
            "a progress time-out", options.getProgressTimeoutMs(), Limits.TASK_TIME_MS_MAX)
        : refused;
  }

  static Outcome.@Nullable Refused retry(RetryPolicy retry) {
    int attempts = retry.getMaxAttempts();
    if (attempts < 0 || attempts > Limits.ATTEMPTS_MAX) {
      return RequestCheck.bad(
          "a task fails 1 to " + Limits.ATTEMPTS_MAX + " attempts at most, found " + attempts);
    }
    long minMs = Integer.toUnsignedLong(retry.getBackoffMinMs());
    long maxMs = Integer.toUnsignedLong(retry.getBackoffMaxMs());
    if (minMs > Limits.BACKOFF_MS_MAX || maxMs > Limits.BACKOFF_MS_MAX) {
      return RequestCheck.bad(
          "a back-off is at most "
              + Limits.BACKOFF_MS_MAX
              + " ms, found "
              + minMs
              + " to "
              + maxMs);
    }
    // 0 stands for the queue's own, which this check does not know.
    return minMs > maxMs && maxMs > 0
        ? RequestCheck.bad(
            "the shortest back-off must not be longer than the longest, found "
                + minMs
                + " ms and "
                + maxMs
                + " ms")
        : null;
  }
}
