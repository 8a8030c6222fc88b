package dev.muster.master.simulation;

import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Effects;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Task;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TenantInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was promised of settings: once durable they hold, until others do; nothing is leased beyond
 * a limit. It reads the log on its own, and counts what is leased as it is leased.
 */
final class LimitLedger {
  private record Tenant(String queue, String name) {}

  /** So many leases a rate allows still, at most, by a reckoning of its own. */
  private static final class Bucket {
    private double tokens = Double.MAX_VALUE;
    private long atMs;
    private long returns;

    /**
     * Takes the tokens of what was leased. What was given back may have been given back before or
     * after: it counts in favour.
     */
    void take(Rate rate, long nowMs, long returnsNow, int leased) {
      double periodMs = rate.getPeriodMs() == 0 ? 1_000 : rate.getPeriodMs();
      double burst = rate.getBurst() == 0 ? rate.getCount() : rate.getBurst();
      tokens = Math.min(burst, tokens + rate.getCount() * (nowMs - atMs) / periodMs);
      tokens += returnsNow - returns - leased;
      atMs = nowMs;
      returns = returnsNow;
    }
  }

  /** Smaller than any part of a token that matters. */
  private static final double ROUNDING = 1e-6;

  private final Map<String, QueueSettings> queues = new LinkedHashMap<>();
  private final Map<Tenant, ConfigureTenantRequest> tenants = new LinkedHashMap<>();
  private final Map<String, Bucket> buckets = new HashMap<>();

  /** The last entry that was read. */
  private long index;

  // Of the entry that is being applied.
  private final Map<String, Integer> leased = new HashMap<>();
  private final Map<String, List<TenantInfo>> before = new HashMap<>();
  private final Set<String> configured = new HashSet<>();

  /** A master leads: what it found in the log holds, and its rates begin anew at worst. */
  void leads(SimulatedDisk disk, QueueMachine machine) {
    for (SimulatedDisk.Logged logged : disk.log) {
      if (logged.index() > index && logged.content() != null) {
        read(logged.entry(), logged.index());
      }
    }
    buckets.clear();
    check(machine);
  }

  private void read(Entry entry, long at) {
    index = at;
    for (Command command : entry.getCommandsList()) {
      if (command.hasConfigureQueue()) {
        String queue = command.getConfigureQueue().getQueue();
        QueueSettings now = queues.getOrDefault(queue, QueueSettings.getDefaultInstance());
        queues.put(queue, merged(now, command.getConfigureQueue().getSettings()));
        configured.add(queue);
      } else if (command.hasConfigureTenant()) {
        read(command.getConfigureTenant());
      }
    }
  }

  /** What is absent stays as it was, and each limit is set as a whole. */
  private static QueueSettings merged(QueueSettings now, QueueSettings changes) {
    QueueSettings.Builder merged = now.toBuilder();
    changes.getAllFields().forEach(merged::setField);
    return merged.build();
  }

  private void read(ConfigureTenantRequest changes) {
    Tenant tenant = new Tenant(changes.getQueue(), changes.getTenant());
    ConfigureTenantRequest.Builder merged =
        tenants.getOrDefault(tenant, ConfigureTenantRequest.getDefaultInstance()).toBuilder();
    changes.getAllFields().forEach(merged::setField);
    tenants.put(tenant, merged.build());
    configured.add(changes.getQueue());
  }

  /** An entry is about to be applied. */
  void begin(Entry entry, long at, QueueMachine machine) {
    leased.clear();
    before.clear();
    configured.clear();
    read(entry, at);
    for (Command command : entry.getCommandsList()) {
      if (command.hasLease() && hasTenants(command.getLease().getQueue())) {
        String queue = command.getLease().getQueue();
        before.computeIfAbsent(queue, name -> machine.tenants(name, "", 100));
      }
    }
  }

  private boolean hasTenants(String queue) {
    return settings(queue).getTenantConcurrency() > 0
        || tenants.keySet().stream().anyMatch(tenant -> tenant.queue.equals(queue));
  }

  private QueueSettings settings(String queue) {
    return queues.getOrDefault(queue, QueueSettings.getDefaultInstance());
  }

  /** The same effects, which this ledger counts too. */
  Effects counting(Effects effects) {
    return new TappedEffects(effects) {
      @Override
      public void moved(Task task) {
        if (task.state() == TaskState.TASK_STATE_RUNNING) {
          leased.merge(task.queueName(), 1, Integer::sum);
        }
        super.moved(task);
      }
    };
  }

  /** It is applied. */
  void end(QueueMachine machine) {
    configured.forEach(buckets::remove);
    leased.forEach(
        (queue, count) -> {
          // Which came first, the lease or the new limit, does not show.
          if (!configured.contains(queue)) {
            checkLeases(queue, settings(queue), count, machine);
          }
        });
    if (!configured.isEmpty()) {
      check(machine);
    }
  }

  private void checkLeases(String queue, QueueSettings limits, int count, QueueMachine machine) {
    World.check(!limits.getPaused(), () -> count + " tasks of " + queue + " leased in its pause");
    QueueInfo info =
        limits.getConcurrency() > 0 || limits.getRate().getCount() > 0
            ? machine.queue(queue)
            : null;
    if (info != null) {
      long running = info.getOffered() + info.getRunning();
      World.check(
          limits.getConcurrency() == 0 || running <= limits.getConcurrency(),
          () -> running + " tasks of " + queue + " are leased of " + limits.getConcurrency());
      checkRate(info, limits.getRate(), count, machine.nowMs());
    }
    if (before.containsKey(queue)) {
      machine.tenants(queue, "", 100).forEach(tenant -> checkTenant(queue, limits, tenant));
    }
  }

  private void checkRate(QueueInfo queue, Rate rate, int count, long nowMs) {
    if (rate.getCount() > 0) {
      Bucket bucket = buckets.computeIfAbsent(queue.getName(), name -> new Bucket());
      bucket.take(rate, nowMs, queue.getReturns(), count);
      World.check(
          bucket.tokens > -ROUNDING,
          () ->
              (count + " tasks of " + queue.getName() + " are leased, " + -bucket.tokens)
                  + (" more than its rate allows: " + rate));
    }
  }

  /** More of a tenant's tasks are leased than before: not beyond its limit. */
  private void checkTenant(String queue, QueueSettings limits, TenantInfo now) {
    long ran =
        before.getOrDefault(queue, List.of()).stream()
            .filter(tenant -> tenant.getTenant().equals(now.getTenant()))
            .mapToLong(TenantInfo::getRunning)
            .sum();
    ConfigureTenantRequest own = tenants.get(new Tenant(queue, now.getTenant()));
    long most =
        own != null && own.getConcurrency() > 0
            ? own.getConcurrency()
            : limits.getTenantConcurrency();
    World.check(
        now.getRunning() <= ran || most == 0 || now.getRunning() <= most,
        () ->
            (now.getRunning() + " tasks of tenant " + now.getTenant() + " of " + queue)
                + (" are leased of " + most));
  }

  /** All settings are what they were set to. */
  void check(QueueMachine machine) {
    queues.forEach(
        (queue, settings) -> {
          QueueInfo info = machine.queue(queue);
          World.check(
              info != null && merged(info.getSettings(), settings).equals(info.getSettings()),
              () -> "settings of " + queue + " should have " + settings + ", found " + info);
        });
    Map<Tenant, TenantInfo> found = new HashMap<>();
    Set<String> shared = new HashSet<>();
    tenants.keySet().forEach(tenant -> shared.add(tenant.queue));
    for (String queue : shared) {
      for (TenantInfo tenant : machine.tenants(queue, "", 100)) {
        found.put(new Tenant(queue, tenant.getTenant()), tenant);
      }
    }
    tenants.forEach((tenant, settings) -> check(tenant, settings, found.get(tenant)));
  }

  private static void check(
      Tenant tenant, ConfigureTenantRequest settings, @Nullable TenantInfo found) {
    boolean none =
        !settings.hasWeight()
            && settings.getConcurrency() == 0
            && settings.getRate().getCount() == 0;
    if (found == null) {
      World.check(none, () -> "the settings of " + tenant + " are lost: " + settings);
      return;
    }
    World.check(
        (!settings.hasWeight() || found.getWeight() == settings.getWeight())
            && found.getConcurrency() == settings.getConcurrency()
            && found.getRate().getCount() == settings.getRate().getCount(),
        () -> "the settings of " + tenant + " should be " + settings + ", found " + found);
  }
}
