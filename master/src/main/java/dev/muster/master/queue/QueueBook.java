package dev.muster.master.queue;

import com.carrotsearch.hppc.IntObjectHashMap;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.StoreException;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.master.store.v1.TenantRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All queues, by name and by number. A queue exists from its first use on. */
final class QueueBook {
  /** More queues than that are refused: each costs memory for good. */
  static final int QUEUES_MAX = 100_000;

  private final Map<String, QueueState> byName = new HashMap<>();

  /** The same in order of name, for people. */
  private final NavigableMap<String, QueueState> inOrder = new TreeMap<>();

  private final IntObjectHashMap<QueueState> byNumber = new IntObjectHashMap<>();
  private final Histories histories = new Histories();

  /** The highest number that was given out. */
  private int lastNumber;

  /**
   * @param sequence the last position that was given out
   */
  void restore(StateStore store, long sequence) {
    store.queues(record -> add(new QueueState(record, sequence, histories)));
    store.scan(
        Family.TENANTS,
        ByteString.EMPTY,
        (key, value) -> {
          TenantRecord record = parse(TenantRecord.parser(), value);
          byNumber(record.getQueue()).ready.restore(record);
          return true;
        });
    store.scan(
        Family.LINES,
        ByteString.EMPTY,
        (key, value) -> {
          LineRecord record = parse(LineRecord.parser(), value);
          byNumber(record.getQueue()).ready.restore(record);
          return true;
        });
  }

  private static <T> T parse(Parser<T> parser, ByteString value) {
    try {
      return parser.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("a record of the store cannot be read: " + e.getMessage(), e);
    }
  }

  /** All that is stored is known: tenants, lines, leases. */
  void restored(MachineState state) {
    inOrder.values().forEach(queue -> queue.ready.restored(state));
  }

  int size() {
    return byName.size();
  }

  Histories histories() {
    return histories;
  }

  @Nullable QueueState find(String name) {
    return byName.get(name);
  }

  /** Makes a queue that is not there; null when there are too many. */
  @Nullable QueueState add(String name) {
    if (byName.size() >= QUEUES_MAX) {
      return null;
    }
    return addAlways(name);
  }

  /** As {@link #add}, without the limit: for what has been promised already. */
  QueueState addAlways(String name) {
    QueueState queue = new QueueState(lastNumber + 1, name, histories);
    add(queue);
    return queue;
  }

  QueueState byNumber(int number) {
    QueueState queue = byNumber.get(number);
    if (queue == null) {
      throw new IllegalStateException(
          "a task names queue number " + number + ", which does not exist");
    }
    return queue;
  }

  /** Queues in order of name: those that begin with a prefix, after a name. */
  List<QueueState> page(String prefix, String after, int limit) {
    List<QueueState> page = new ArrayList<>();
    String from = after.compareTo(prefix) > 0 ? after : prefix;
    for (QueueState queue : inOrder.tailMap(from, !from.equals(after)).values()) {
      if (!queue.name.startsWith(prefix) || page.size() == limit) {
        break;
      }
      page.add(queue);
    }
    return page;
  }

  private void add(QueueState queue) {
    byName.put(queue.name, queue);
    inOrder.put(queue.name, queue);
    byNumber.put(queue.number, queue);
    lastNumber = Math.max(lastNumber, queue.number);
  }
}
