package dev.muster.master.queue;

import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One queue of the {@link ReferenceModel}: what waits, who may go, and its counts. */
final class ReferenceQueue {
  final String name;
  final TreeMap<Long, ReferenceItem> ready = new TreeMap<>();
  final TreeMap<Long, ReferenceItem> leasedItems = new TreeMap<>();
  final ArrayDeque<Long> retained = new ArrayDeque<>();
  final TreeMap<String, ReferenceTenant> named = new TreeMap<>();
  final ReferenceTenant none = new ReferenceTenant(this, "");
  QueueSettings settings = Settings.DEFAULT.proto();
  long enqueued;
  long succeeded;
  long failed;
  long quarantined;
  long crashes;
  long returns;
  long expiries;
  long stale;
  long bucketUs;
  long virtualTimeUs;
  long averageUs;

  ReferenceQueue(String name) {
    this.name = name;
  }

  Stream<ReferenceItem> leasedItems() {
    return leasedItems.values().stream();
  }

  long room() {
    return settings.getMaxLength() == 0
        ? Long.MAX_VALUE
        : Math.max(0, settings.getMaxLength() - ready.size());
  }

  boolean isFair() {
    return !named.isEmpty();
  }

  RateLimit limit() {
    return RateLimit.of(settings.getRate());
  }

  boolean hasRates() {
    return settings.getRate().getCount() > 0
        || settings.getTenantRate().getCount() > 0
        || none.rate.getCount() > 0
        || named.values().stream().anyMatch(tenant -> tenant.rate.getCount() > 0);
  }

  ReferenceTenant tenant(String name) {
    ReferenceTenant known = name.isEmpty() ? none : named.get(name);
    if (known != null) {
      return known;
    }
    long average = averageUs == 0 ? 1_000 : averageUs;
    if (!isFair()) {
      none.averageUs = average;
      none.usedUs = 0;
      none.catchUp();
    }
    ReferenceTenant tenant = new ReferenceTenant(this, name);
    tenant.averageUs = average;
    tenant.usedUs = virtualTimeUs;
    named.put(name, tenant);
    return tenant;
  }

  /** Adds what waits from now on. */
  void enter(ReferenceItem item) {
    ReferenceTenant tenant = tenant(item.tenant);
    if (isFair() && tenant.waiting() == 0) {
      tenant.catchUp();
    }
    ready.put(item.id, item);
  }

  /** Nothing of the queue may be leased now, whoever asks. */
  boolean isHeldBack(long nowMs) {
    return settings.getPaused()
        || (settings.getConcurrency() > 0 && leasedItems.size() >= settings.getConcurrency())
        || limit().tokens(bucketUs, nowMs * 1_000) == 0;
  }

  /** What may be leased now as far as groups and tenants go, oldest first. */
  List<ReferenceItem> open(long nowMs) {
    Set<String> busy = new HashSet<>();
    leasedItems().forEach(item -> busy.add(item.group));
    Map<String, Boolean> tenants = new HashMap<>();
    return ready.values().stream()
        .filter(item -> item.group.isEmpty() || !busy.contains(item.group))
        .filter(item -> tenants.computeIfAbsent(item.tenant, name -> tenant(name).isOpen(nowMs)))
        .toList();
  }

  /** Who goes next, by the rules alone; null: nobody. */
  @Nullable ReferenceItem next(ReferenceModel.@Nullable Session session, long nowMs) {
    if (isHeldBack(nowMs)) {
      return null;
    }
    Map<Integer, ReferenceItem> byPriority = new TreeMap<>(Comparator.reverseOrder());
    Comparator<ReferenceItem> turn =
        Comparator.comparingLong((ReferenceItem item) -> tenant(item.tenant).turnUs() / 64)
            .thenComparing(item -> item.id);
    for (ReferenceItem item : open(nowMs)) {
      if (item.fits(session)) {
        byPriority.merge(
            item.options.getPriority(),
            item,
            (one, other) -> turn.compare(one, other) < 0 ? one : other);
      }
    }
    long ageingMs = settings.getAgeingMs();
    Comparator<ReferenceItem> aged =
        Comparator.comparingLong(
                (ReferenceItem item) ->
                    -Math.min(9, item.options.getPriority() + (nowMs - item.enqueuedMs) / ageingMs))
            .thenComparing(item -> item.enqueuedMs)
            .thenComparing(item -> item.id);
    return ageingMs == 0
        ? byPriority.values().stream().findFirst().orElse(null)
        : byPriority.values().stream().min(aged).orElse(null);
  }

  /** An entry ends: tenants that nobody needs are forgotten, all but some. */
  void tidy(long nowMs) {
    List<ReferenceTenant> idle =
        named.values().stream()
            .filter(t -> t.waiting() == 0 && t.running() == 0 && !t.hasSettings())
            .toList();
    boolean atRest = ready.isEmpty() && leasedItems.isEmpty();
    if (atRest) {
      idle.forEach(tenant -> virtualTimeUs = Math.max(virtualTimeUs, tenant.turnUs()));
    }
    boolean keepsSome = atRest || idle.size() < named.size();
    List<ReferenceTenant> caughtUp =
        idle.stream()
            .filter(tenant -> tenant.turnUs() <= virtualTimeUs)
            .sorted(Comparator.comparingLong(tenant -> tenant.bucketUs)) // Else by name, as it is.
            .toList();
    caughtUp.stream()
        .limit(Math.max(0, caughtUp.size() - (keepsSome ? Tenants.KEPT_MAX : 0)))
        .filter(tenant -> tenant.bucketUs <= nowMs * 1_000)
        .forEach(tenant -> named.remove(tenant.name));
    if (!isFair()) {
      none.usedUs = 0;
      none.averageUs = 0;
    }
  }

  QueueInfo info() {
    return QueueInfo.newBuilder()
        .setName(name)
        .setEnqueued(enqueued)
        .setReady(ready.size())
        .setOffered(leasedItems.size())
        .setSucceeded(succeeded)
        .setFailed(failed)
        .setSettings(settings)
        .setQuarantined(quarantined)
        .setRetained(retained.size())
        .setDead(failed)
        .setCrashes(crashes)
        .setReturns(returns)
        .setExpiries(expiries)
        .setStaleSettlements(stale)
        .setOldestReadyMs(ready.isEmpty() ? 0 : ready.firstEntry().getValue().enqueuedMs)
        .build();
  }
}
