package dev.muster.client;

import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.UniqueScope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What tasks of one {@link TaskQueue} share: queue, options, the other fields of their requests,
 * and keys. Every change is checked here, so that a mistake is told where it is made and not by the
 * master.
 *
 * @param request without number, payloads and key columns; tasks with equal ones travel together
 */
record TaskSpec(EnqueueRequest request, TaskKeys keys) {
  private static final int PRIORITY_MAX = 9;
  private static final int ATTEMPTS_MAX = 1_000;
  private static final int COST_MAX = 10_000;
  private static final int REQUIRES_MAX = 16;
  private static final int AFTER_MAX = 65_536;
  private static final Duration LONGEST = Duration.ofDays(3_650);
  private static final Instant LATEST = Instant.ofEpochMilli(Limits.RUN_AT_MS_MAX);
  private static final Duration BACKOFF_LONGEST = Duration.ofDays(30);

  static TaskSpec of(String queue, String contentType, ResultPolicy results) {
    TaskOptions options =
        TaskOptions.newBuilder()
            .setContentType(name("content type", contentType))
            .setResultPolicy(results)
            .build();
    return new TaskSpec(
        EnqueueRequest.newBuilder().setQueue(QueueName.check(queue)).setOptions(options).build(),
        TaskKeys.NONE);
  }

  String queue() {
    return request.getQueue();
  }

  TaskOptions options() {
    return request.getOptions();
  }

  TaskSpec handler(String name) {
    return with(changedOptions().setHandler(name("handler name", name)));
  }

  TaskSpec resultsTo(String resultQueue) {
    return with(
        changedOptions()
            .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
            .setResultQueue(QueueName.check(resultQueue)));
  }

  TaskSpec dropResults() {
    return with(
        changedOptions().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).clearResultQueue());
  }

  TaskSpec header(String key, String value) {
    TaskOptions.Builder changed = changedOptions().putHeaders(key, value);
    int bytes = 0;
    for (Map.Entry<String, String> header : changed.getHeadersMap().entrySet()) {
      bytes += utf8(header.getKey()) + utf8(header.getValue());
    }
    if (bytes > Limits.HEADERS_BYTES_MAX) {
      throw new InvalidInputException(
          "headers must have at most " + Limits.HEADERS_BYTES_MAX + " bytes, found " + bytes);
    }
    return with(changed);
  }

  TaskSpec priority(int priority) {
    return with(changedOptions().setPriority(InRange.check("priority", 0, PRIORITY_MAX, priority)));
  }

  TaskSpec ttl(Duration ttl) {
    return with(changedOptions().setTtlMs(InRange.ms("time to live", ttl, LONGEST)));
  }

  TaskSpec maxAttempts(int attempts) {
    return with(
        changedOptions()
            .setRetry(
                changedRetry()
                    .setMaxAttempts(InRange.check("maximum attempts", 1, ATTEMPTS_MAX, attempts))));
  }

  TaskSpec backoff(Duration min, Duration max) {
    long minMs = InRange.ms("shortest back-off", min, BACKOFF_LONGEST);
    long maxMs = InRange.ms("longest back-off", max, BACKOFF_LONGEST);
    if (minMs > maxMs) {
      throw new InvalidInputException(
          "the longest back-off must not be less than the shortest, found "
              + min
              + " to "
              + max
              + ": give the shorter one first");
    }
    return with(
        changedOptions()
            .setRetry(changedRetry().setBackoffMinMs((int) minMs).setBackoffMaxMs((int) maxMs)));
  }

  TaskSpec runLimit(Duration limit) {
    return with(changedOptions().setRunLimitMs(InRange.ms("run limit", limit, LONGEST)));
  }

  TaskSpec progressTimeout(Duration timeout) {
    return with(
        changedOptions().setProgressTimeoutMs(InRange.ms("progress time-out", timeout, LONGEST)));
  }

  TaskSpec cost(int slots) {
    return with(changedOptions().setCost(InRange.check("cost", 1, COST_MAX, slots)));
  }

  TaskSpec require(String label, String value) {
    if (label.isEmpty()) {
      throw new InvalidInputException("a label that a worker must have needs a name, found none");
    }
    TaskOptions.Builder changed =
        changedOptions().putRequires(name("label", label), name("value of a label", value));
    if (changed.getRequiresCount() > REQUIRES_MAX) {
      throw new InvalidInputException(
          "a task may require at most "
              + REQUIRES_MAX
              + " labels, found "
              + changed.getRequiresCount());
    }
    return with(changed);
  }

  TaskSpec delay(Duration delay) {
    if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
      throw new InvalidInputException(
          "delay must be from 0 to " + LONGEST.toDays() + " days, found " + delay);
    }
    if (request.getRunAtMs() != 0 && !delay.isZero()) {
      throw delayAndRunAt();
    }
    return with(request.toBuilder().setDelayMs(InRange.roundedUpMs(delay)));
  }

  TaskSpec runAt(Instant time) {
    if (!time.isAfter(Instant.EPOCH) || time.isAfter(LATEST)) {
      throw new InvalidInputException(
          "the time to run at must be after 1970 and before 2970, found " + time);
    }
    if (request.getDelayMs() != 0) {
      throw delayAndRunAt();
    }
    return with(request.toBuilder().setRunAtMs(Math.max(1, time.toEpochMilli())));
  }

  private static InvalidInputException delayAndRunAt() {
    return new InvalidInputException(
        "a task has a delay or a time to run at, not both: leave one of them out");
  }

  TaskSpec group(String key) {
    return new TaskSpec(request, keys.withGroup(key));
  }

  TaskSpec tenant(String key) {
    return new TaskSpec(request, keys.withTenant(key));
  }

  TaskSpec unique(String key) {
    return new TaskSpec(request, keys.withUnique(key));
  }

  TaskSpec uniqueFor(Duration time) {
    return with(
        request.toBuilder().setUniqueForMs(InRange.ms("time of a unique key", time, LONGEST)));
  }

  TaskSpec uniqueIn(UniqueScope scope) {
    if (scope == UniqueScope.UNRECOGNIZED) {
      throw new InvalidInputException("scope of a unique key is not known: " + scope);
    }
    return with(request.toBuilder().setUniqueScope(scope));
  }

  TaskSpec parent(long id) {
    return with(request.toBuilder().setParentId(id));
  }

  TaskSpec after(Collection<Long> ids) {
    if (ids.size() > AFTER_MAX) {
      throw new InvalidInputException(
          "a task may wait for at most " + AFTER_MAX + " others, found " + ids.size());
    }
    Set<Long> distinct = new LinkedHashSet<>(ids);
    if (distinct.size() < ids.size() || distinct.contains(0L)) {
      throw new InvalidInputException(
          "a task waits for tasks with different ids, none of them 0; found "
              + ids.size()
              + " ids, of which "
              + distinct.size()
              + " are different");
    }
    return with(request.toBuilder().clearAfterIds().addAllAfterIds(distinct));
  }

  TaskSpec onFailure(OnFailure what) {
    if (what == OnFailure.UNRECOGNIZED) {
      throw new InvalidInputException("what to do on failure is not known: " + what);
    }
    return with(request.toBuilder().setOnFailure(what));
  }

  private TaskOptions.Builder changedOptions() {
    return request.getOptions().toBuilder();
  }

  private RetryPolicy.Builder changedRetry() {
    return request.getOptions().getRetry().toBuilder();
  }

  private TaskSpec with(TaskOptions.Builder options) {
    return with(request.toBuilder().setOptions(options));
  }

  private TaskSpec with(EnqueueRequest.Builder changed) {
    return new TaskSpec(changed.build(), keys);
  }

  private static String name(String what, String name) {
    if (utf8(name) > Limits.NAME_BYTES_MAX) {
      throw new InvalidInputException(
          what + " must have at most " + Limits.NAME_BYTES_MAX + " bytes, found " + utf8(name));
    }
    return name;
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
