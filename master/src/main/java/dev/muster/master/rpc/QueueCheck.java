package dev.muster.master.rpc;

import com.google.protobuf.Message;
import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RefusalReason;
import org.jspecify.annotations.Nullable;

/** The rules of settings. Null means that none is broken. */
final class QueueCheck {
  /** Largest number of tasks, leases or bytes: far beyond what a master holds. */
  private static final long COUNT_MAX = 1L << 50;

  private QueueCheck() {}

  static Outcome.@Nullable Refused configure(ConfigureQueueRequest request) {
    QueueSettings settings = request.getSettings();
    Outcome.Refused refused = RequestCheck.queue(request.getQueue());
    if (refused == null) {
      refused = known("a queue's settings", settings);
    }
    if (refused == null) {
      refused = known("a request", request);
    }
    if (refused == null) {
      refused = counts(settings);
    }
    if (refused == null) {
      refused = times(settings);
    }
    if (refused == null) {
      refused = rate("the queue's rate", settings.getRate());
    }
    if (refused == null) {
      refused = rate("the tenants' rate", settings.getTenantRate());
    }
    return refused == null ? retries(settings) : refused;
  }

  private static Outcome.@Nullable Refused counts(QueueSettings settings) {
    Outcome.Refused refused = count("max_length", settings.getMaxLength());
    if (refused == null) {
      refused = count("retained_max", settings.getRetainedMax());
    }
    if (refused == null) {
      refused = count("retained_bytes", settings.getRetainedBytes());
    }
    if (refused == null) {
      refused = count("dead_max", settings.getDeadMax());
    }
    if (refused == null) {
      refused = count("dead_bytes", settings.getDeadBytes());
    }
    if (refused == null) {
      refused = range("history_max", settings.getHistoryMax(), Limits.HISTORY_MAX);
    }
    if (refused == null) {
      refused = count("concurrency", settings.getConcurrency());
    }
    return refused == null ? count("tenant_concurrency", settings.getTenantConcurrency()) : refused;
  }

  private static Outcome.@Nullable Refused times(QueueSettings settings) {
    Outcome.Refused refused =
        RequestCheck.time("retained_ms", settings.getRetainedMs(), Limits.TASK_TIME_MS_MAX);
    if (refused == null) {
      refused = RequestCheck.time("dead_ms", settings.getDeadMs(), Limits.TASK_TIME_MS_MAX);
    }
    return refused == null
        ? RequestCheck.time("ageing_ms", settings.getAgeingMs(), Limits.TASK_TIME_MS_MAX)
        : refused;
  }

  private static Outcome.@Nullable Refused retries(QueueSettings settings) {
    if (settings.hasOverflow() && settings.getOverflow() == Overflow.UNRECOGNIZED) {
      return RequestCheck.bad(
          "overflow is 1 (block), 2 (reject) or 3 (drop the oldest), found "
              + settings.getOverflowValue());
    }
    Outcome.Refused refused =
        range(
            "quarantine_after",
            Integer.toUnsignedLong(settings.getQuarantineAfter()),
            Limits.ATTEMPTS_MAX);
    if (refused == null) {
      refused = known("a retry policy", settings.getRetry());
    }
    return refused == null ? OptionsCheck.retry(settings.getRetry()) : refused;
  }

  private static Outcome.@Nullable Refused rate(String what, Rate rate) {
    Outcome.Refused refused = known("a rate", rate);
    if (refused == null) {
      refused = count(what, rate.getCount());
    }
    if (refused == null) {
      refused = count("the burst of " + what, rate.getBurst());
    }
    return refused == null
        ? RequestCheck.time("the period of " + what, rate.getPeriodMs(), Limits.TASK_TIME_MS_MAX)
        : refused;
  }

  static Outcome.@Nullable Refused configure(ConfigureTenantRequest request) {
    Outcome.Refused refused = RequestCheck.queue(request.getQueue());
    if (refused == null) {
      refused = known("a tenant's settings", request);
    }
    if (refused == null && request.getTenant().isEmpty()) {
      refused = RequestCheck.bad("a tenant has a key, found none");
    }
    if (refused == null) {
      refused = EnqueueCheck.key(request.getTenant());
    }
    if (refused == null
        && request.hasWeight()
        && (request.getWeight() < 1 || request.getWeight() > Limits.TENANT_WEIGHT_MAX)) {
      refused =
          RequestCheck.bad(
              "a weight is 1 to "
                  + Limits.TENANT_WEIGHT_MAX
                  + ", found "
                  + Integer.toUnsignedString(request.getWeight()));
    }
    if (refused == null) {
      refused = count("concurrency", request.getConcurrency());
    }
    return refused == null ? rate("the tenant's rate", request.getRate()) : refused;
  }

  /** What a newer client sets must not be silently left undone. */
  private static Outcome.@Nullable Refused known(String what, Message message) {
    if (message.getUnknownFields().asMap().isEmpty()) {
      return null;
    }
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_SETTING,
        what
            + " has no field "
            + message.getUnknownFields().asMap().keySet().iterator().next()
            + " in this master, which is older than the client: leave it out, or upgrade the"
            + " master");
  }

  private static Outcome.@Nullable Refused count(String what, long found) {
    return range(what, found, COUNT_MAX);
  }

  private static Outcome.@Nullable Refused range(String what, long found, long max) {
    return found < 0 || found > max
        ? RequestCheck.bad(what + " is 0 to " + max + ", found " + found)
        : null;
  }
}
