package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** What is known of a task and of its attempts. */
final class TaskFields {
  private static final String STATE = "TASK_STATE_";
  private static final String END = "ATTEMPT_END_";
  private static final List<String> ATTEMPT_COLUMNS =
      List.of(
          "attempt",
          "worker",
          "offered",
          "started",
          "ended",
          "ran",
          "cpu",
          "allocated",
          "peak",
          "end",
          "cause");

  /** Columns that are there only if an attempt has something in them. */
  private static final Set<String> USAGE_COLUMNS = Set.of("cpu", "allocated", "peak");

  private TaskFields() {}

  /** A state as people write it, e.g. READY. */
  static String name(TaskState state) {
    return state.name().startsWith(STATE) ? state.name().substring(STATE.length()) : state.name();
  }

  static Fields of(TaskInfo task) {
    Fields fields =
        new Fields()
            .number("id", task.getId())
            .text("state", name(task.getState()))
            .text("queue", task.getQueue());
    options(fields, task.getOptions());
    keys(fields, task);
    times(fields, task);
    counts(fields, task);
    fields
        .textIfAny("worker", task.getWorker())
        .textIfAny("cause", task.getCause())
        .number("bytes", Integer.toUnsignedLong(task.getPayloadBytes()));
    bytes(fields, "payload", task.getPayload(), task.getOptions().getContentType());
    bytes(fields, "result", task.getResult(), task.getResultContentType());
    if (task.hasFailure()) {
      failure(fields, task.getFailure());
    }
    return task.getTimelineCount() == 0 ? fields : fields.list("timeline", timeline(task));
  }

  static Fields options(Fields fields, TaskOptions options) {
    RetryPolicy retry = options.getRetry();
    return fields
        .textIfAny("handler", options.getHandler())
        .textIfAny("results", options.getResultQueue())
        .numberIfAny("priority", options.getPriority())
        .numberIfAny("cost", options.getCost())
        .numberIfAny("max_attempts", retry.getMaxAttempts())
        .durationIfAny(
            "backoff_min", "backoff_min_ms", Integer.toUnsignedLong(retry.getBackoffMinMs()))
        .durationIfAny(
            "backoff_max", "backoff_max_ms", Integer.toUnsignedLong(retry.getBackoffMaxMs()))
        .durationIfAny("ttl", "ttl_ms", options.getTtlMs())
        .durationIfAny("run_limit", "run_limit_ms", options.getRunLimitMs())
        .durationIfAny("progress_timeout", "progress_timeout_ms", options.getProgressTimeoutMs())
        .mapIfAny("requires", options.getRequiresMap())
        .mapIfAny("headers", options.getHeadersMap());
  }

  private static void keys(Fields fields, TaskInfo task) {
    fields
        .textIfAny("group", task.getGroup())
        .textIfAny("tenant", task.getTenant())
        .textIfAny("unique_key", task.getUniqueKey())
        .numberIfAny("parent", task.getParentId());
    if (task.getPendingCount() > 0) {
      List<String> ids = task.getPendingIdsList().stream().map(Long::toUnsignedString).toList();
      boolean more = task.getPendingCount() > ids.size();
      fields
          .numberIfAny("pending_count", task.getPendingCount())
          .both(
              "pending",
              String.join(" ", ids) + (more ? " ..." : ""),
              "[" + String.join(",", ids) + "]");
    }
  }

  private static void times(Fields fields, TaskInfo task) {
    fields
        .timeIfAny("enqueued", task.getEnqueuedMs())
        .timeIfAny("due", task.getDueMs())
        .timeIfAny("expires", task.getExpiresMs())
        .timeIfAny("finished", task.getFinishedMs());
    if (task.getCancelling()) {
      fields.flag("cancelling", true);
    }
  }

  private static void counts(Fields fields, TaskInfo task) {
    fields
        .number("attempts", Integer.toUnsignedLong(task.getAttempts()))
        .number("failures", Integer.toUnsignedLong(task.getFailures()))
        .number("crashes", Integer.toUnsignedLong(task.getCrashes()))
        .number("returns", Integer.toUnsignedLong(task.getReturns()))
        .number("expiries", Integer.toUnsignedLong(task.getExpiries()));
  }

  private static void failure(Fields fields, Failure failure) {
    String message = failure.getMessage();
    fields.text(
        "failure", failure.getKind() + (message.isEmpty() ? "" : ": " + OneLine.of(message)));
    fields.flag("retryable", failure.getRetryable());
    if (!failure.getDetail().isEmpty()) {
      fields.programText("failure_detail", failure.getDetail());
    }
  }

  static void bytes(Fields fields, String name, ByteString bytes, String contentType) {
    if (!bytes.isEmpty()) {
      fields.json(name, JsonText.onOneLine(bytes, contentType));
    }
  }

  private static List<Fields> timeline(TaskInfo task) {
    return task.getTimelineList().stream().map(TaskFields::of).toList();
  }

  private static Fields of(Attempt attempt) {
    Fields fields =
        new Fields()
            .textIfAny("worker", attempt.getWorker())
            .number("token", attempt.getToken())
            .timeIfAny("offered", attempt.getOfferedMs())
            .timeIfAny("started", attempt.getStartedMs())
            .timeIfAny("ended", attempt.getEndedMs());
    if (attempt.getStartedMs() != 0 && attempt.getEndedMs() != 0) {
      fields.duration(
          "ran", "ran_ms", Math.max(0, attempt.getEndedMs() - attempt.getStartedMs()), "0s");
    }
    usage(fields, attempt.getUsage());
    return fields
        .text("end", name(attempt.getEnd()))
        .textIfAny("cause", OneLine.of(attempt.getCause()));
  }

  /** What was not measured is left out. */
  private static void usage(Fields fields, Usage usage) {
    if (usage.getCpuUs() != 0) {
      fields.both(
          "cpu",
          DurationConverter.text(Duration.ofMillis(Math.max(0, (usage.getCpuUs() + 500) / 1_000))),
          "");
      fields.both("cpu_us", "", Long.toUnsignedString(usage.getCpuUs()));
    }
    bytes(fields, "allocated", usage.getAllocatedBytes());
    bytes(fields, "peak", usage.getPeakBytes());
  }

  private static void bytes(Fields fields, String name, long count) {
    if (count != 0) {
      fields.both(name, SizeConverter.roundedText(count), "");
      fields.both(name + "_bytes", "", Long.toUnsignedString(count));
    }
  }

  private static String name(AttemptEnd end) {
    return end == AttemptEnd.ATTEMPT_END_UNSPECIFIED
        ? "UNDER WAY"
        : end.name().startsWith(END) ? end.name().substring(END.length()) : end.name();
  }

  /** For people: the attempts, one a line, the oldest first; nothing when there is none. */
  static void printTimeline(Terminal terminal, TaskInfo task) {
    if (task.getTimelineCount() == 0) {
      return;
    }
    terminal.out().println();
    List<Fields> timeline = timeline(task);
    String[] columns =
        ATTEMPT_COLUMNS.stream()
            .filter(
                column ->
                    !USAGE_COLUMNS.contains(column)
                        || timeline.stream().anyMatch(one -> !one.textOf(column).isEmpty()))
            .toArray(String[]::new);
    Listing attempts = new Listing(terminal.out(), OutputFormat.TABLE, columns);
    int number = 0;
    for (Fields attempt : timeline) {
      number++;
      attempts.add(attempt.number("attempt", number));
    }
    attempts.end();
  }
}
