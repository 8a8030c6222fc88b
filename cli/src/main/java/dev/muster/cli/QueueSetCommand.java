package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.InvalidInputException;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.Overflow;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RetryPolicy;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster queue set}. */
@Command(
    name = "set",
    description = {
      "Change settings of a queue, for everybody; what is not named stays. Shows the queue afterwards. A queue that was never"
          + " used is made.",
      "",
      "A limit below what is running holds from now on and stops nothing; a line says so."
    },
    footer = {
      "",
      "Examples:",
      "  muster queue set orders --max-length 100000 --overflow reject",
      "  muster queue set mail --concurrency 20 --rate 100/s,burst=500 --max-attempts 5 --backoff 1s..10m",
      "  muster queue set shared --tenant-concurrency 10 --tenant-rate 600/m"
    })
final class QueueSetCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "At most so many tasks may wait; 0: no limit.")
  private @Nullable Long maxLength;

  @Option(
      names = "--overflow",
      paramLabel = "block|reject|drop-oldest",
      converter = OverflowConverter.class,
      description =
          "What a full queue does: lets producers wait, refuses, or cancels those that wait longest.")
  private @Nullable Overflow overflow;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "At most so many tasks run at a time; 0: no limit.")
  private @Nullable Long concurrency;

  @Option(
      names = "--rate",
      paramLabel = "N/TIME[,burst=N]",
      converter = RateConverter.class,
      description = "So many starts in so long, e.g. 100/s; 0: no limit.")
  private @Nullable Rate rate;

  @Option(
      names = "--tenant-concurrency",
      paramLabel = "N",
      description = "As --concurrency, for each tenant that has no setting of its own.")
  private @Nullable Long tenantConcurrency;

  @Option(
      names = "--tenant-rate",
      paramLabel = "N/TIME[,burst=N]",
      converter = RateConverter.class,
      description = "As --rate, for each tenant that has no setting of its own.")
  private @Nullable Rate tenantRate;

  @Option(
      names = "--ageing",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "What waits for so long counts as one priority higher; 0s: strict priority.")
  private @Nullable Duration ageing;

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      description = "Attempts that may fail, for tasks that say nothing else, 1 to 1,000.")
  private @Nullable Integer maxAttempts;

  @Option(
      names = "--backoff",
      paramLabel = "MIN..MAX",
      converter = BackoffRange.Converter.class,
      description = "Waits between attempts, for tasks that say nothing else.")
  private @Nullable BackoffRange backoff;

  @Option(
      names = "--quarantine-after",
      paramLabel = "N",
      description = "Workers that may die with a task until it is set aside; 0: never.")
  private @Nullable Integer quarantineAfter;

  @Option(
      names = "--retained-max",
      paramLabel = "N",
      description = "So many succeeded tasks are kept with their results.")
  private @Nullable Long retainedMax;

  @Option(
      names = "--retained-for",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "For so long.")
  private @Nullable Duration retainedFor;

  @Option(
      names = "--retained-bytes",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "So many bytes of them, e.g. 256MiB.")
  private @Nullable Long retainedBytes;

  @Option(
      names = "--dead-max",
      paramLabel = "N",
      description = "So many tasks that failed, were cancelled or expired are kept.")
  private @Nullable Long deadMax;

  @Option(
      names = "--dead-for",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "For so long.")
  private @Nullable Duration deadFor;

  @Option(
      names = "--dead-bytes",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "So many bytes of them, e.g. 1GiB.")
  private @Nullable Long deadBytes;

  @Option(
      names = "--history",
      paramLabel = "N",
      description = "So many plain successes are remembered, without results; at most 100,000.")
  private @Nullable Long history;

  QueueSetCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    var unused = QueueName.check(queue);
    QueueSettings plain = settings();
    if (plain.equals(QueueSettings.getDefaultInstance())
        && maxAttempts == null
        && backoff == null) {
      throw new InvalidInputException(
          "nothing to set: name at least one setting, e.g. --concurrency 10");
    }
    try (Muster muster = master.connect(terminal, "muster queue")) {
      QueueSettings.Builder settings = plain.toBuilder();
      if (maxAttempts != null || backoff != null) {
        settings.setRetry(retry(muster));
      }
      QueueInfo after = muster.admin().configure(queue, settings.build());
      QueueFields.of(after).print(terminal.out(), output.format());
      terminal.out().flush();
      noteWhatIsOverItsLimit(after);
    }
  }

  /** All but the retry policy. */
  private QueueSettings settings() {
    QueueSettings.Builder settings = QueueSettings.newBuilder();
    set(count("--max-length", maxLength), settings::setMaxLength);
    set(overflow, settings::setOverflow);
    set(count("--concurrency", concurrency), settings::setConcurrency);
    set(rate, settings::setRate);
    set(count("--tenant-concurrency", tenantConcurrency), settings::setTenantConcurrency);
    set(tenantRate, settings::setTenantRate);
    set(ms(ageing), settings::setAgeingMs);
    if (quarantineAfter != null) {
      var unused = count("--quarantine-after", (long) quarantineAfter);
      settings.setQuarantineAfter(quarantineAfter);
    }
    set(count("--retained-max", retainedMax), settings::setRetainedMax);
    set(ms(retainedFor), settings::setRetainedMs);
    set(retainedBytes, settings::setRetainedBytes);
    set(count("--dead-max", deadMax), settings::setDeadMax);
    set(ms(deadFor), settings::setDeadMs);
    set(deadBytes, settings::setDeadBytes);
    set(count("--history", history), settings::setHistoryMax);
    if (maxAttempts != null && (maxAttempts < 1 || maxAttempts > 1_000)) {
      throw new InvalidInputException("--max-attempts must be 1 to 1000, found " + maxAttempts);
    }
    return settings.build();
  }

  /** The policy is set as a whole: what is not named is what the queue has. */
  private RetryPolicy retry(Muster muster) {
    RetryPolicy.Builder retry =
        muster
            .queue(queue)
            .map(info -> info.getSettings().getRetry().toBuilder())
            .orElseGet(RetryPolicy::newBuilder);
    if (maxAttempts != null) {
      retry.setMaxAttempts(maxAttempts);
    }
    if (backoff != null) {
      retry
          .setBackoffMinMs((int) backoff.min().toMillis())
          .setBackoffMaxMs((int) backoff.max().toMillis());
    }
    return retry.build();
  }

  private void noteWhatIsOverItsLimit(QueueInfo after) {
    long leased = after.getOffered() + after.getRunning();
    if (concurrency != null && concurrency > 0 && leased > concurrency) {
      terminal.note(
          "%d tasks of queue %s are leased now, more than --concurrency %d: it applies from now on and stops none of them"
              .formatted(leased, queue, concurrency));
    }
    long waiting = after.getDelayed() + after.getReady();
    if (maxLength != null && maxLength > 0 && waiting > maxLength) {
      terminal.note(
          "%d tasks wait in queue %s now, more than --max-length %d: it applies from now on and drops none of them"
              .formatted(waiting, queue, maxLength));
    }
  }

  private static @Nullable Long count(String option, @Nullable Long found) {
    if (found != null && found < 0) {
      throw new InvalidInputException(option + " must be at least 0, found " + found);
    }
    return found;
  }

  private static @Nullable Long ms(@Nullable Duration time) {
    return time == null ? null : time.toMillis();
  }

  private static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
