package dev.muster.master.queue;

import dev.muster.master.store.Family;
import dev.muster.master.store.v1.TenantRecord;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Those who share the workers of a queue by weight, each with limits of its own. What names no
 * tenant shares like one of them when there are any; without settings of its own it has no limits.
 *
 * <p>A tenant's turn is what it has used, divided by its weight, with what runs now counted at its
 * usual length. The one with the least goes next.
 */
final class Tenants {
  /** Usual length of an attempt while nothing is known, µs. */
  private static final long AVERAGE_US_DEFAULT = 1_000;

  /** An average follows a change within about so many attempts. */
  private static final long AVERAGE_OVER = 8;

  /**
   * Who could not be served for long, because of limits or for want of the right workers, does not
   * get the workers for as long when it can: at most so much is made up for, µs by weight.
   */
  private static final long LAG_US_MAX = 60_000_000;

  /**
   * So many that nobody needs are kept in a queue: under load most tenants are idle for a moment
   * again and again, and to make one with its lines costs more than a task.
   */
  static final int KEPT_MAX = 256;

  /** Queues at rest keep theirs while the machine knows at most so many in all. */
  static final int KEPT_AT_REST_MAX = 1_024;

  private static final Rate NO_RATE = Rate.getDefaultInstance();

  private final Ready ready;
  private final Tenant none;
  private final Map<String, Tenant> named = new HashMap<>();

  /** The same in order of name, for people. */
  private final NavigableMap<String, Tenant> inOrder = new TreeMap<>();

  private final NavigableSet<Tenant> limited = by(Comparator.comparingLong(t -> t.openAtUs));

  /** To be forgotten when the others have used as much; then when their buckets are full. */
  private final NavigableSet<Tenant> idle = by(Comparator.comparingLong(t -> t.idleTurnUs));

  private final NavigableSet<Tenant> refilling = by(Comparator.comparingLong(t -> t.bucketUs));

  Tenants(Ready ready) {
    this.ready = ready;
    this.none = new Tenant(ready.queue.number, "");
  }

  private static NavigableSet<Tenant> by(Comparator<Tenant> order) {
    return new TreeSet<>(order.thenComparing(tenant -> tenant.name));
  }

  Tenant none() {
    return none;
  }

  boolean isEmpty() {
    return named.isEmpty() && !none.hasSettings();
  }

  private boolean isFair() {
    return !named.isEmpty();
  }

  @Nullable Tenant find(String name) {
    return name.isEmpty() ? none : named.get(name);
  }

  /** As a record of a line names it. */
  Tenant known(String name) {
    Tenant tenant = find(name);
    if (tenant == null) {
      throw new IllegalStateException(
          "a line of queue " + ready.queue.name + " is of tenant " + name + ", which is not known");
    }
    return tenant;
  }

  /** The tenant of this name, made when it is new. */
  Tenant use(String name, MachineState state) {
    Tenant known = find(name);
    if (known != null) {
      return known;
    }
    long averageUs = ready.averageUs == 0 ? AVERAGE_US_DEFAULT : ready.averageUs;
    if (!isFair()) {
      none.averageUs = averageUs;
      none.charge();
      none.usedUs = 0;
      catchUp(none);
      none.place();
      state.tasks.current().dirty(none);
    }
    Tenant tenant = new Tenant(ready.queue.number, name);
    tenant.averageUs = averageUs;
    tenant.charge();
    tenant.usedUs = ready.virtualTimeUs;
    add(tenant);
    state.tenants++;
    setLimit(tenant);
    state.tasks.current().dirty(tenant);
    return tenant;
  }

  private void add(Tenant tenant) {
    named.put(tenant.name, tenant);
    inOrder.put(tenant.name, tenant);
  }

  /** Time in which nothing waited earns nothing. */
  private void catchUp(Tenant tenant) {
    tenant.usedUs += Math.max(0, ready.virtualTimeUs - tenant.turnUs());
  }

  /** More of its tasks wait. */
  void entered(Tenant tenant, long more, MachineState state) {
    notIdle(tenant);
    if (isFair() && tenant.waiting == 0 && tenant.turnUs() < ready.virtualTimeUs) {
      catchUp(tenant);
      tenant.place();
      state.tasks.current().dirty(tenant);
    }
    tenant.waiting += more;
  }

  /** One of its tasks is leased. */
  void leased(Tenant tenant, MachineState state) {
    if (isEmpty()) {
      tenant.running++;
      return;
    }
    long nowUs = state.nowUs();
    if (isFair()) {
      long turnUs = tenant.turnUs();
      ready.virtualTimeUs = Math.max(ready.virtualTimeUs, turnUs);
      tenant.usedUs += Math.max(0, ready.virtualTimeUs - LAG_US_MAX - turnUs);
    }
    tenant.running++;
    tenant.bucketUs = tenant.limit.take(tenant.bucketUs, nowUs);
    stand(tenant, nowUs);
    state.tasks.current().dirty(tenant);
  }

  /**
   * One of its tasks is leased no more.
   *
   * @param runUs below 0: it never ran, and costs nothing
   */
  void released(Tenant tenant, long runUs, MachineState state) {
    if (isEmpty()) {
      tenant.running--;
      return;
    }
    tenant.running--;
    if (runUs < 0) {
      tenant.bucketUs = tenant.limit.giveBack(tenant.bucketUs);
    } else if (isFair()) {
      tenant.usedUs += tenant.chargeUs(runUs);
      long averageUs = average(tenant.averageUs, runUs);
      if (averageUs != tenant.averageUs) {
        tenant.averageUs = averageUs;
        tenant.charge();
      }
      ready.averageUs = ready.averageUs == 0 ? Math.max(1, runUs) : average(ready.averageUs, runUs);
    }
    stand(tenant, state.nowUs());
    state.tasks.current().dirty(tenant);
  }

  private static long average(long averageUs, long runUs) {
    long off = runUs - averageUs;
    // What is left of a difference is made up for too, or short tasks would count as longer.
    long step = Math.abs(off) < AVERAGE_OVER ? Long.signum(off) : off / AVERAGE_OVER;
    return Math.max(1, averageUs + step);
  }

  /** Looks again at those whose rate may allow more by now. */
  void openLimited(long nowUs) {
    while (!limited.isEmpty() && limited.first().openAtUs <= nowUs) {
      stand(limited.first(), nowUs);
    }
  }

  /** When the first rate-limited tenant has a token, µs since the epoch. */
  long nextUs() {
    return limited.isEmpty() ? Long.MAX_VALUE : limited.first().openAtUs;
  }

  /** Says anew whether it may be served, and puts its lines where they belong. */
  private void stand(Tenant tenant, long nowUs) {
    Tenant.Standing before = tenant.standing;
    if (tenant.standing == Tenant.Standing.RATE_LIMITED) {
      limited.remove(tenant);
    }
    long most = tenant.concurrency;
    if (most == 0 && tenant.isNamed()) {
      most = ready.tenantConcurrency();
    }
    if (most > 0 && tenant.running >= most) {
      tenant.standing = Tenant.Standing.FULL;
    } else if (!tenant.limit.hasToken(tenant.bucketUs, nowUs)) {
      tenant.standing = Tenant.Standing.RATE_LIMITED;
      tenant.openAtUs = tenant.limit.nextUs(tenant.bucketUs);
      limited.add(tenant);
    } else {
      tenant.standing = Tenant.Standing.OPEN;
    }
    // A later turn is corrected where it matters: see Pool.first.
    if (tenant.standing != before || tenant.isEarlier()) {
      tenant.place();
    }
  }

  // Settings.

  Tenant configure(ConfigureTenantRequest request, MachineState state) {
    Tenant tenant = use(request.getTenant(), state);
    notIdle(tenant);
    if (request.hasWeight()) {
      tenant.weight = request.getWeight();
      tenant.charge();
    }
    if (request.hasConcurrency()) {
      tenant.concurrency = request.getConcurrency();
    }
    if (request.hasRate()) {
      // Without a count it is the queue's, and nothing else of it is kept.
      tenant.rate = request.getRate().getCount() == 0 ? NO_RATE : request.getRate();
      setLimit(tenant);
    }
    stand(tenant, state.nowUs());
    noteIdle(tenant);
    if (tenant == none && isEmpty()) {
      state.tasks.current().gone(none, Family.TENANTS, none.key());
    } else {
      state.tasks.current().dirty(tenant);
    }
    return tenant;
  }

  /** What holds for tenants without settings has changed. */
  void configured(MachineState state) {
    for (Tenant tenant : inOrder.values()) {
      notIdle(tenant);
      if (setLimit(tenant)) {
        state.tasks.current().dirty(tenant);
      }
      stand(tenant, state.nowUs());
      noteIdle(tenant);
    }
  }

  /** A changed limit begins with a full bucket. True: it has changed. */
  private boolean setLimit(Tenant tenant) {
    RateLimit before = tenant.limit;
    tenant.limit = limitOf(tenant);
    boolean changed = !tenant.limit.equals(before);
    if (changed) {
      tenant.bucketUs = 0;
    }
    return changed;
  }

  private RateLimit limitOf(Tenant tenant) {
    boolean own = tenant.rate.getCount() != 0 || !tenant.isNamed();
    Rate rate = own ? tenant.rate : ready.tenantRate();
    return RateLimit.of(rate);
  }

  // Forgetting.

  /** Notes a tenant that nobody needs, if it is one. */
  void noteIdle(Tenant tenant) {
    if (tenant.isNamed() && !tenant.isServed() && !tenant.hasSettings() && !tenant.idle) {
      tenant.idle = true;
      tenant.idleTurnUs = tenant.turnUs();
      idle.add(tenant);
    }
  }

  /**
   * It is needed, or about to change. Before it does: one that is found no more where it was put
   * would be forgotten with its settings, and with what waits.
   */
  private void notIdle(Tenant tenant) {
    if (tenant.idle && !idle.remove(tenant) && !refilling.remove(tenant)) {
      throw new IllegalStateException(
          "tenant "
              + tenant.name
              + " of queue "
              + ready.queue.name
              + " is idle, and is not among those that are to be forgotten");
    }
    tenant.idle = false;
  }

  /** Forgets the idle ones that have nothing to make up for, but for some; returns them. */
  List<Tenant> tidy(MachineState state) {
    boolean atRest = ready.size() == 0 && ready.running() == 0;
    if (!idle.isEmpty() && atRest) {
      ready.virtualTimeUs = Math.max(ready.virtualTimeUs, idle.last().idleTurnUs);
    }
    while (!idle.isEmpty() && idle.first().idleTurnUs <= ready.virtualTimeUs) {
      refilling.add(idle.pollFirst());
    }
    int most = keepsSome(atRest, state) ? KEPT_MAX : 0;
    List<Tenant> forgotten = List.of();
    while (refilling.size() > most && refilling.first().bucketUs <= state.nowUs()) {
      Tenant tenant = refilling.pollFirst();
      forget(tenant, state);
      forgotten = forgotten.isEmpty() ? new ArrayList<>() : forgotten;
      forgotten.add(tenant);
    }
    return forgotten;
  }

  /**
   * Not where only tasks without a tenant are under way: those need no turns. By what is stored
   * alone: each replica forgets the same ones.
   */
  private boolean keepsSome(boolean atRest, MachineState state) {
    return atRest
        ? state.tenants <= KEPT_AT_REST_MAX
        : idle.size() + refilling.size() < named.size();
  }

  private void forget(Tenant tenant, MachineState state) {
    state.tenants--;
    named.remove(tenant.name);
    inOrder.remove(tenant.name);
    if (tenant.standing == Tenant.Standing.RATE_LIMITED) {
      limited.remove(tenant);
    }
    Generation current = state.tasks.current();
    current.gone(tenant, Family.TENANTS, tenant.key());
    if (!isFair()) {
      none.usedUs = 0;
      none.averageUs = 0;
      none.charge();
      none.place();
      if (none.hasSettings()) {
        current.dirty(none);
      } else {
        current.gone(none, Family.TENANTS, none.key());
      }
    }
  }

  // Queries.

  /** Of the lines whose group is free, the one whose head has waited longest. */
  @Nullable Line oldest() {
    Line oldest = none.oldest();
    for (Tenant tenant : named.values()) {
      Line line = tenant.oldest();
      oldest = oldest == null || (line != null && line.head < oldest.head) ? line : oldest;
    }
    return oldest;
  }

  /** In order of name: those that wait, run or have settings. */
  List<TenantInfo> page(String after, int limit) {
    List<TenantInfo> page = new ArrayList<>();
    for (Tenant tenant : inOrder.tailMap(after, false).values()) {
      if (page.size() == limit) {
        break;
      }
      if (tenant.isServed() || tenant.hasSettings()) {
        page.add(tenant.toInfo());
      }
    }
    return page;
  }

  // At start.

  void restore(TenantRecord record) {
    Tenant tenant = new Tenant(record);
    if (tenant.isNamed()) {
      add(tenant);
    } else {
      none.adopt(tenant);
    }
  }

  void restored(MachineState state) {
    state.tenants += named.size();
    inOrder.values().forEach(tenant -> restored(tenant, state));
    restored(none, state);
  }

  private void restored(Tenant tenant, MachineState state) {
    tenant.limit = limitOf(tenant);
    noteIdle(tenant);
    stand(tenant, state.nowUs());
  }
}
