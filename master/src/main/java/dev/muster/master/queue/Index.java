package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of one family, in order of key: the current generation's word counts before the
 * frozen one's, and that before the store's. On the apply thread, or under the machine's lock.
 */
final class Index {
  /** So many records are read from the store at a time. */
  private static final int CHUNK = 64;

  private static final Comparator<ByteString> ORDER =
      ByteString.unsignedLexicographicalComparator();

  private final Family family;
  private final StateStore store;
  private final TaskTable tasks;

  /**
   * @param tasks knows the generations
   */
  Index(Family family, StateStore store, TaskTable tasks) {
    this.family = family;
    this.store = store;
    this.tasks = tasks;
  }

  @Nullable ByteString get(ByteString key) {
    ByteString value = tasks.current().changesOf(family).get(key);
    Generation frozen = tasks.frozen();
    if (value == null && frozen != null) {
      value = frozen.changesOf(family).get(key);
    }
    return value == null ? store.get(family, key) : present(value);
  }

  void put(ByteString key, ByteString value) {
    tasks.current().put(family, key, value);
  }

  void delete(ByteString key) {
    tasks.current().delete(family, key);
  }

  /**
   * Reads records in order of key until the visitor has enough. The visitor must not change the
   * family.
   */
  void scan(ByteString from, StateStore.RecordVisitor visit) {
    Generation frozen = tasks.frozen();
    Cursor current = new Cursor(tasks.current().changesOf(family), from);
    Cursor older = new Cursor(frozen == null ? noChanges() : frozen.changesOf(family), from);
    StoreCursor stored = new StoreCursor(from);
    while (true) {
      ByteString key = least(least(current.key(), older.key()), stored.key());
      if (key == null) {
        return;
      }
      ByteString value = stored.takeIf(key);
      ByteString change = older.takeIf(key);
      ByteString newest = current.takeIf(key);
      ByteString last = newest != null ? newest : change;
      ByteString seen = last != null ? present(last) : value;
      if (seen != null && !visit.record(key, seen)) {
        return;
      }
    }
  }

  /** Reads the records whose keys begin so. */
  void scanPrefix(ByteString prefix, StateStore.RecordVisitor visit) {
    scan(prefix, (key, value) -> key.startsWith(prefix) && visit.record(key, value));
  }

  private static NavigableMap<ByteString, ByteString> noChanges() {
    return new TreeMap<>(ORDER);
  }

  @SuppressWarnings("ReferenceEquality") // the mark is one object; a value may have equal bytes
  private static @Nullable ByteString present(ByteString value) {
    return value == Generation.DELETED ? null : value;
  }

  private static @Nullable ByteString least(@Nullable ByteString one, @Nullable ByteString other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return ORDER.compare(one, other) <= 0 ? one : other;
  }

  /** Goes through the changes of one generation. */
  private static final class Cursor {
    private final Iterator<Map.Entry<ByteString, ByteString>> rest;
    private Map.@Nullable Entry<ByteString, ByteString> next;

    Cursor(NavigableMap<ByteString, ByteString> changes, ByteString from) {
      rest = changes.tailMap(from, true).entrySet().iterator();
      advance();
    }

    private void advance() {
      next = rest.hasNext() ? rest.next() : null;
    }

    @Nullable ByteString key() {
      return next == null ? null : next.getKey();
    }

    /** The value if the next key is this one, and goes on. */
    @Nullable ByteString takeIf(ByteString key) {
      Map.Entry<ByteString, ByteString> here = next;
      if (here == null || !here.getKey().equals(key)) {
        return null;
      }
      advance();
      return here.getValue();
    }
  }

  /** Goes through the store, a chunk at a time. */
  private final class StoreCursor {
    private final List<ByteString> keys = new ArrayList<>();
    private final List<ByteString> values = new ArrayList<>();
    private int at;

    StoreCursor(ByteString from) {
      read(from);
    }

    private void read(ByteString from) {
      at = 0;
      keys.clear();
      values.clear();
      store.scan(
          family,
          from,
          (key, value) -> {
            keys.add(key);
            values.add(value);
            return keys.size() < CHUNK;
          });
    }

    @Nullable ByteString key() {
      if (at == CHUNK) {
        // The least key after the last one: that with one more byte, zero.
        read(keys.get(CHUNK - 1).concat(ZERO));
      }
      return at < keys.size() ? keys.get(at) : null;
    }

    @Nullable ByteString takeIf(ByteString key) {
      ByteString here = key();
      return here != null && here.equals(key) ? values.get(at++) : null;
    }
  }

  private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);
}
