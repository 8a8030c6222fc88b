package dev.muster.cli;

import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import java.util.Locale;

/** What is known of a queue and of its tenants, by the names that options and JSON have for it. */
final class QueueFields {
  private static final String NO_LIMIT = "no limit";

  private QueueFields() {}

  static Fields of(QueueInfo queue) {
    Fields fields = counts(queue);
    settings(fields, queue.getSettings());
    return fields;
  }

  private static Fields counts(QueueInfo queue) {
    return new Fields()
        .text("name", queue.getName())
        .number("enqueued", queue.getEnqueued())
        .number("delayed", queue.getDelayed())
        .number("ready", queue.getReady())
        .number("leasable", queue.getLeasable())
        .number("offered", queue.getOffered())
        .number("running", queue.getRunning())
        .number("succeeded", queue.getSucceeded())
        .number("failed", queue.getFailed())
        .number("cancelled", queue.getCancelled())
        .number("expired", queue.getExpired())
        .number("quarantined", queue.getQuarantined())
        .number("workers", queue.getWorkers())
        .timeIfAny("oldest_ready", queue.getOldestReadyMs())
        .number("retries", queue.getRetries())
        .number("crashes", queue.getCrashes())
        .number("returns", queue.getReturns())
        .number("expiries", queue.getExpiries())
        .number("stale_settlements", queue.getStaleSettlements())
        .number("retained", queue.getRetained())
        .number("dead", queue.getDead())
        .number("ended", queue.getEnded())
        .both(
            "kept_bytes",
            SizeConverter.text(queue.getKeptBytes()),
            Long.toUnsignedString(queue.getKeptBytes()));
  }

  private static void settings(Fields fields, QueueSettings settings) {
    fields
        .flag("paused", settings.getPaused())
        .flag("draining", settings.getDraining())
        .number("max_length", settings.getMaxLength(), NO_LIMIT)
        .text("overflow", overflow(settings.getOverflow()))
        .number("concurrency", settings.getConcurrency(), NO_LIMIT);
    rate(fields, "rate", settings.getRate(), NO_LIMIT);
    fields.number("tenant_concurrency", settings.getTenantConcurrency(), NO_LIMIT);
    rate(fields, "tenant_rate", settings.getTenantRate(), NO_LIMIT);
    fields
        .duration("ageing", "ageing_ms", settings.getAgeingMs(), "none: strict priority")
        .number("max_attempts", settings.getRetry().getMaxAttempts(), "1")
        .duration(
            "backoff_min",
            "backoff_min_ms",
            Integer.toUnsignedLong(settings.getRetry().getBackoffMinMs()),
            "1s")
        .duration(
            "backoff_max",
            "backoff_max_ms",
            Integer.toUnsignedLong(settings.getRetry().getBackoffMaxMs()),
            "10m")
        .number("quarantine_after", settings.getQuarantineAfter(), "never")
        .number("retained_max", settings.getRetainedMax())
        .duration("retained_for", "retained_ms", settings.getRetainedMs(), "0s");
    bytes(fields, "retained_bytes", settings.getRetainedBytes());
    fields
        .number("dead_max", settings.getDeadMax())
        .duration("dead_for", "dead_ms", settings.getDeadMs(), "0s");
    bytes(fields, "dead_bytes", settings.getDeadBytes());
    fields.number("history_max", settings.getHistoryMax());
  }

  private static void bytes(Fields fields, String name, long bytes) {
    fields.both(name, SizeConverter.text(bytes), Long.toUnsignedString(bytes));
  }

  /** In JSON as the option takes it. */
  private static void rate(Fields fields, String name, Rate rate, String none) {
    String text = RateConverter.text(rate);
    fields.both(name, rate.getCount() == 0 ? none : text, '"' + text + '"');
  }

  private static String overflow(Overflow overflow) {
    return switch (overflow) {
      case OVERFLOW_UNSPECIFIED, OVERFLOW_BLOCK -> "block";
      case OVERFLOW_REJECT -> "reject";
      case OVERFLOW_DROP_OLDEST -> "drop-oldest";
      case UNRECOGNIZED -> overflow.name().toLowerCase(Locale.ROOT);
    };
  }

  static Fields of(TenantInfo tenant) {
    Fields fields =
        new Fields()
            .text("tenant", tenant.getTenant())
            .number("weight", tenant.getWeight())
            .number("waiting", tenant.getWaiting())
            .number("running", tenant.getRunning())
            .number("concurrency", tenant.getConcurrency(), "queue's");
    rate(fields, "rate", tenant.getRate(), "queue's");
    return fields.number("virtual_time_us", tenant.getVirtualTimeUs());
  }
}
