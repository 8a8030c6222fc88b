package dev.muster.master.queue;

import com.carrotsearch.hppc.LongObjectHashMap;
import com.carrotsearch.hppc.cursors.ObjectCursor;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a queue that has more than plain ones: who may go, and in which order. All of it is
 * derived from the records of lines and tenants and from what is leased.
 */
final class Lines {
  private record PoolName(Map<String, String> requires, int cost) {}

  private record GroupedName(Share share, String group) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof GroupedName name && share == name.share && group.equals(name.group);
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(share) * 31 + group.hashCode();
    }
  }

  private final Ready ready;
  private final Pool plainPool = new Pool(Map.of(), 1);
  private final List<Pool> pools = new ArrayList<>(List.of(plainPool));
  private final Map<PoolName, Pool> poolsByName = new HashMap<>();
  private final Map<GroupedName, Line> grouped = new HashMap<>();
  private final LongObjectHashMap<Line> byNumber = new LongObjectHashMap<>();
  private final Map<String, Group> groups = new HashMap<>();
  private final List<Line> emptied = new ArrayList<>();

  /** Lines in which something waits while their group is busy, in no order. */
  private final List<Line> blocked = new ArrayList<>();

  /**
   * All lines in which something waits, in the order in which they are dropped; only if asked for.
   */
  private @Nullable TreeSet<Line> forDropping;

  final Tenants tenants;

  Lines(Ready ready) {
    this.ready = ready;
    this.tenants = new Tenants(ready);
    poolsByName.put(new PoolName(plainPool.requires, plainPool.cost), plainPool);
  }

  List<Pool> pools() {
    return pools;
  }

  boolean isFull(TaskOptions options) {
    return pools.size() >= Ready.POOLS_MAX
        && !poolsByName.containsKey(new PoolName(options.getRequiresMap(), Ready.costOf(options)));
  }

  /** A plain line of this queue is one among others from now on. */
  void adopt(Line line, MachineState state) {
    Share share = tenants.none().share(plainPool, line.priority);
    share.lines++;
    share.tenant.waiting += line.lane.size();
    line.share = share;
    moved(line, state);
  }

  /** It is alone again. */
  static void release(Line line) {
    line.share = null;
    line.seat(Heap.NOWHERE);
    line.ranked = false;
    line.counted = 0;
  }

  Line lineOf(Task task, MachineState state) {
    // A number is given out once: if there is a line of it, it is the one.
    Line known = task.line < Ready.PRIORITIES ? null : byNumber.get(task.line);
    Line line = known == null ? lineByKeys(task, state) : known;
    keep(line, false);
    return line;
  }

  private Line lineByKeys(Task task, MachineState state) {
    Pool pool = poolOf(task.options);
    Tenant tenant = tenants.use(task.tenant, state);
    Share share = tenant.share(pool, task.options.getPriority());
    Line line =
        task.group.isEmpty() ? share.ungrouped : grouped.get(new GroupedName(share, task.group));
    if (line != null) {
      return line;
    }
    long number = ready.nextLine();
    LaneKey key = new LaneKey(LaneKey.Kind.READY, ready.queue.number, number);
    return add(number, share, task.group, Line.lane(key, !task.group.isEmpty(), 0, 0, 0));
  }

  private Pool poolOf(TaskOptions options) {
    return ready.demandNothing(options)
        ? plainPool
        : pool(options.getRequiresMap(), Ready.costOf(options));
  }

  private Line add(long number, Share share, String groupKey, Lane lane) {
    Group group = groupKey.isEmpty() ? null : groups.computeIfAbsent(groupKey, Group::new);
    Line line = new Line(number, share.priority, group, lane);
    line.share = share;
    share.lines++;
    share.tenant.lines++;
    share.pool.lines++;
    if (group == null) {
      share.ungrouped = line;
    } else {
      group.lines.add(line);
      grouped.put(new GroupedName(share, groupKey), line);
    }
    byNumber.put(number, line);
    return line;
  }

  private Pool pool(Map<String, String> requires, int cost) {
    return poolsByName.computeIfAbsent(
        new PoolName(Map.copyOf(requires), cost),
        name -> {
          Pool pool = new Pool(name.requires, name.cost);
          pools.add(pool);
          return pool;
        });
  }

  @Nullable Line byNumber(long number) {
    return byNumber.get(number);
  }

  /** All but the plain ones, in no order. */
  void forEach(Consumer<Line> visit) {
    for (ObjectCursor<Line> cursor : byNumber.values()) {
      visit.accept(cursor.value);
    }
  }

  /** What waits in lines of a higher priority, beside the plain ones. */
  long waitingAbove(int priority) {
    long above = 0;
    for (ObjectCursor<Line> cursor : byNumber.values()) {
      above += cursor.value.priority > priority ? cursor.value.lane.size() : 0;
    }
    return above;
  }

  boolean isEmpty() {
    return byNumber.isEmpty() && tenants.isEmpty();
  }

  /** A task entered this line. */
  void entered(Line line, Task task, MachineState state) {
    tenants.entered(line.share().tenant, 1, state);
    if (line.group != null && line.group.holder == task.id) {
      letGo(line.group);
      reopen(line.group, state);
    }
    if (line.group == null && line.isOpen() && task.position > line.head) {
      line.counted++;
      line.share().grew();
      noteEmpty(line, state);
    } else {
      moved(line, state);
    }
  }

  /** A task left this line otherwise than by lease. */
  void left(Line line, MachineState state) {
    line.share().tenant.waiting--;
    moved(line, state);
  }

  /** A task of this line is leased. */
  void leased(Line line, Task task, MachineState state) {
    Tenant tenant = line.share().tenant;
    tenant.waiting--;
    line.running++;
    tenants.leased(tenant, state);
    Group group = line.group;
    if (group != null) {
      group.holder = task.id;
      line.holder = task.id;
      reopen(group, state);
    } else {
      moved(line, state);
    }
  }

  /**
   * A leased task of this line is leased no more.
   *
   * @param runUs how long it ran; below 0: it never did
   */
  void released(Line line, Task task, long runUs, MachineState state) {
    line.running--;
    tenants.released(line.share().tenant, runUs, state);
    if (line.group != null && line.group.holder == task.id && !line.holds) {
      letGo(line.group);
      reopen(line.group, state);
    }
    noteEmpty(line, state);
  }

  /** The group of this task waits for its next attempt. */
  void hold(Line line, Task task, MachineState state) {
    if (line.group != null && (line.group.holder == 0 || line.group.holder == task.id)) {
      line.group.holder = task.id;
      line.holder = task.id;
      line.holds = true;
      reopen(line.group, state);
      noteEmpty(line, state);
    }
  }

  /** There will be no next attempt. */
  void unhold(Task task, MachineState state) {
    Group group = groups.get(task.group);
    if (group != null && group.holder == task.id) {
      letGo(group);
      reopen(group, state);
    }
  }

  private static void letGo(Group group) {
    for (Line line : group.lines) {
      if (line.holder == group.holder) {
        line.holder = 0;
        line.holds = false;
      }
    }
    group.holder = 0;
  }

  private void reopen(Group group, MachineState state) {
    for (int i = 0; i < group.lines.size(); i++) {
      moved(group.lines.get(i), state);
    }
  }

  /** Something about a line changed: puts it where it belongs. */
  void moved(Line line, MachineState state) {
    Share share = line.share();
    long size = line.lane.size();
    long head = line.head;
    if (size > 0) {
      Task first = line.lane.peek(state.tasks);
      if (first == null) {
        throw new IllegalStateException("lane " + line.lane.key() + " counts what is not there");
      }
      head = first.position;
    }
    boolean open = size > 0 && (line.group == null || line.group.holder == 0);
    if (forDropping != null && line.ranked && (head != line.head || size == 0)) {
      forDropping.remove(line);
      line.ranked = false;
    }
    boolean moves = head != line.head;
    line.head = head;
    if (!line.isOpen()) {
      if (open) {
        share.open(line);
      }
    } else if (!open) {
      share.close(line);
    } else if (moves) {
      share.moved(line);
    }
    if (forDropping != null && size > 0 && !line.ranked) {
      forDropping.add(line);
      line.ranked = true;
    }
    long count = !open ? 0 : line.group == null ? size : 1;
    share.add(count - line.counted);
    line.counted = count;
    share.stand();
    block(line, size > 0 && !open);
    noteEmpty(line, state);
  }

  private void block(Line line, boolean is) {
    if (is && line.blockedAt < 0) {
      line.blockedAt = blocked.size();
      blocked.add(line);
    } else if (!is && line.blockedAt >= 0) {
      Line last = blocked.remove(blocked.size() - 1);
      if (last.blockedAt != line.blockedAt) {
        blocked.set(line.blockedAt, last);
        last.blockedAt = line.blockedAt;
      }
      line.blockedAt = -1;
    }
  }

  private void noteEmpty(Line line, MachineState state) {
    if (!line.isPlain()) {
      state.tasks.current().dirty(line);
      if (!line.emptied && !line.isUsed()) {
        line.emptied = true;
        emptied.add(line);
      }
    }
  }

  /** Forgets tenants that nobody needs, and the lines that nothing uses any more but some. */
  void tidy(MachineState state) {
    for (int i = 0; i < emptied.size(); i++) {
      Line line = emptied.get(i);
      line.emptied = false;
      if (line.isUsed()) {
        continue;
      }
      if (isToKeep(line)) {
        keep(line, true);
      } else {
        remove(line, state);
      }
      tenants.noteIdle(line.share().tenant);
    }
    emptied.clear();
    for (Tenant tenant : tenants.tidy(state)) {
      removeKept(tenant, state);
    }
  }

  /**
   * A tenant keeps the plain lines that it used, one for each priority, until it is forgotten: to
   * make a line and remove it costs more than a task.
   */
  private boolean isToKeep(Line line) {
    return line.group == null && line.share().pool == plainPool;
  }

  private static void keep(Line line, boolean is) {
    if (line.kept != is) {
      line.kept = is;
      line.share().tenant.kept += is ? 1 : -1;
    }
  }

  private void removeKept(Tenant tenant, MachineState state) {
    for (Line line : tenant.ungrouped()) {
      remove(line, state);
    }
  }

  private void remove(Line line, MachineState state) {
    Share share = line.share();
    Pool pool = share.pool;
    Tenant tenant = share.tenant;
    Group group = line.group;
    byNumber.remove(line.number);
    if (group == null) {
      share.ungrouped = null;
    } else {
      grouped.remove(new GroupedName(share, group.key));
      group.lines.remove(line);
      if (group.lines.isEmpty()) {
        groups.remove(group.key);
      }
    }
    if (--pool.lines == 0 && pool != plainPool) {
      pools.remove(pool);
      poolsByName.remove(new PoolName(pool.requires, pool.cost));
    }
    if (--share.lines == 0) {
      tenant.remove(share);
    }
    keep(line, false);
    tenant.lines--;
    state.tasks.current().gone(line, Family.LINES, line.key());
  }

  /** Who goes first in a priority among some pools: the line whose head it is. */
  @Nullable Line first(int priority, List<Pool> among) {
    Share turn = null;
    for (int i = 0; i < among.size(); i++) {
      Share share = among.get(i).first(priority);
      if (share != null && (turn == null || isBefore(share, turn))) {
        turn = share;
      }
    }
    return turn == null ? null : turn.first();
  }

  private static boolean isBefore(Share one, Share other) {
    int order = Long.compare(one.tenant.round(), other.tenant.round());
    return order < 0 || (order == 0 && one.head() < other.head());
  }

  /** The line whose head has waited longest in the lowest priority, whoever may go. */
  @Nullable Line toDrop(Iterable<Line> plain) {
    if (forDropping == null) {
      forDropping =
          new TreeSet<>(
              Comparator.comparingInt((Line line) -> line.priority)
                  .thenComparingLong(line -> line.head));
      plain.forEach(this::rank);
      for (ObjectCursor<Line> cursor : byNumber.values()) {
        rank(cursor.value);
      }
    }
    return forDropping.isEmpty() ? null : forDropping.first();
  }

  /**
   * The line whose head has waited longest of all, whoever may go; null: nothing waits. One look
   * for each tenant and for each busy group, however many groups and tasks wait: an order of all
   * lines would cost each lease more than this costs whoever asks.
   */
  @Nullable Line oldest() {
    Line oldest = tenants.oldest();
    for (int i = 0; i < blocked.size(); i++) {
      Line line = blocked.get(i);
      oldest = oldest == null || line.head < oldest.head ? line : oldest;
    }
    return oldest;
  }

  private void rank(Line line) {
    line.ranked = line.lane.size() > 0;
    if (line.ranked && forDropping != null) {
      forDropping.add(line);
    }
  }

  // At start, in this order: tenants, lines, leases, then the order of it all.

  void restore(LineRecord record, long last) {
    LaneKey key = new LaneKey(LaneKey.Kind.READY, record.getQueue(), record.getNumber());
    boolean ordered = !record.getGroup().isEmpty();
    Lane lane = Line.lane(key, ordered, record.getSize(), record.getHead(), last);
    Pool pool = pool(record.getRequiresMap(), record.getCost());
    Tenant tenant = tenants.known(record.getTenant());
    Share share = tenant.share(pool, record.getPriority());
    Line line = add(record.getNumber(), share, record.getGroup(), lane);
    tenant.waiting += record.getSize();
    line.holder = record.getHolder();
    line.holds = line.holder != 0;
    if (line.group != null && line.holder != 0) {
      line.group.holder = line.holder;
    }
  }

  void restoreLeased(Task task) {
    Line line = byNumber.get(task.line);
    if (line == null) {
      throw new IllegalStateException(
          "task " + task.id + " is leased from line " + task.line + ", which does not exist");
    }
    line.running++;
    line.share().tenant.running++;
    if (line.holder == task.id) {
      line.holds = false;
    }
  }

  void restored(MachineState state) {
    for (ObjectCursor<Line> cursor : byNumber.values()) {
      keep(cursor.value, !cursor.value.isUsed());
    }
    tenants.restored(state);
    for (ObjectCursor<Line> cursor : byNumber.values()) {
      Line line = cursor.value;
      long size = line.lane.size();
      line.head = size == 0 ? 0 : line.lane.head(); // Its record has it exactly.
      if (size > 0 && (line.group == null || line.group.holder == 0)) {
        line.share().open(line);
        line.counted = line.group == null ? size : 1;
        line.share().add(line.counted);
        line.share().stand();
      }
      block(line, size > 0 && !line.isOpen());
    }
  }
}
