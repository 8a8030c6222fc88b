package dev.muster.master.queue;

import com.carrotsearch.hppc.LongObjectHashMap;
import com.google.protobuf.ByteString;
import dev.muster.master.store.StateStore;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The open worker sessions, by the worker's key and by number. */
final class SessionBook {
  private final Map<ByteString, WorkerSession> byKey = new HashMap<>();
  private final LongObjectHashMap<WorkerSession> byNumber = new LongObjectHashMap<>();

  /** All tasks of a settlement ask for the same. */
  private @Nullable WorkerSession lastFound;

  void restore(StateStore store) {
    store.sessions(record -> add(new WorkerSession(record)));
  }

  void add(WorkerSession session) {
    byKey.put(session.key, session);
    byNumber.put(session.number, session);
  }

  void remove(WorkerSession session) {
    byKey.remove(session.key);
    byNumber.remove(session.number);
    lastFound = null;
  }

  @Nullable WorkerSession find(ByteString key) {
    return byKey.get(key);
  }

  @Nullable WorkerSession find(long number) {
    WorkerSession last = lastFound;
    if (last != null && last.number == number) {
      return last;
    }
    lastFound = byNumber.get(number);
    return lastFound;
  }

  /** Numbers of the open sessions, ascending. */
  long[] numbers() {
    return byKey.values().stream().mapToLong(session -> session.number).sorted().toArray();
  }
}
