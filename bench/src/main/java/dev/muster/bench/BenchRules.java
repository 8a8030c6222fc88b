package dev.muster.bench;

import dev.muster.client.TaskKeys;
import dev.muster.client.TaskQueue;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rules hold for the measured tasks. None of them ever holds a task back but groups: what is
 * measured is what the rules cost, not what they forbid.
 *
 * @param all limits and rates of the queue and of {@link #TENANTS} tenants, ageing, retries, TTL
 *     and run limit
 * @param groups ordered groups among which the tasks are spread; 0: none
 * @param priorities 1 to 10; the tasks take turns in runs of {@link #RUN_TASKS}
 */
record BenchRules(boolean all, int groups, int priorities) {
  static final BenchRules NONE = new BenchRules(false, 0, 1);
  static final int PRIORITIES_MAX = 10;
  static final int TENANTS = 100;

  /**
   * A request has one priority: so many tasks in a row have the same, or requests would become
   * smaller and the client's batching be measured instead of the rules.
   */
  static final int RUN_TASKS = 500;

  /** Never reached. */
  private static final long PLENTY = 1_000_000;

  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration AGEING = Duration.ofMinutes(1);
  private static final int MAX_ATTEMPTS = 5;

  /** All of them, in ten priorities, without groups. */
  static BenchRules everything(int groups) {
    return new BenchRules(true, groups, PRIORITIES_MAX);
  }

  /** What the queue is to be configured with. */
  QueueSettings settings() {
    if (!all) {
      return QueueSettings.getDefaultInstance();
    }
    Rate rate = Rate.newBuilder().setCount(PLENTY).setPeriodMs(1_000).setBurst(PLENTY).build();
    return QueueSettings.newBuilder()
        .setConcurrency(PLENTY)
        .setRate(rate)
        .setTenantConcurrency(PLENTY)
        .setTenantRate(rate)
        .setAgeingMs(AGEING.toMillis())
        .setRetry(RetryPolicy.newBuilder().setMaxAttempts(MAX_ATTEMPTS).setBackoffMinMs(1_000))
        .build();
  }

  /** One view of the queue for each priority. */
  <T> List<TaskQueue<T>> views(TaskQueue<T> plain) {
    TaskQueue<T> queue =
        all
            ? plain
                .ttl(LONG)
                .runLimit(LONG)
                .maxAttempts(MAX_ATTEMPTS)
                .backoff(Duration.ofSeconds(1), Duration.ofMinutes(1))
            : plain;
    List<TaskQueue<T>> views = new ArrayList<>();
    for (int priority = 0; priority < priorities; priority++) {
      views.add(priority == 0 ? queue : queue.priority(priority));
    }
    return views;
  }

  /** Keys that the tasks have in turn: each group is of one tenant. */
  TaskKeys[] keys() {
    int count = groups > 0 ? groups : all ? TENANTS : 1;
    TaskKeys[] keys = new TaskKeys[count];
    for (int i = 0; i < count; i++) {
      String group = groups > 0 ? "group-" + i : "";
      String tenant = all ? "tenant-" + i % TENANTS : "";
      keys[i] = TaskKeys.none().withGroup(group).withTenant(tenant);
    }
    return keys;
  }
}
