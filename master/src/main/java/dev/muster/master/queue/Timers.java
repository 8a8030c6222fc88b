package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What is to happen when: keys of time, kind and id, in the order of time. The leader asks for it
 * by an {@code Advance} when the first is due; nothing happens by itself.
 */
final class Timers {
  /** What a timer is for. The code is stored: never change one. */
  enum Kind {
    /** A delayed task is due, a waiting one expires, or the lease of a consumer ends. */
    TASK(1),
    /** A unique key is free again; the value is the key. */
    UNIQUE(2),
    /** The oldest of what a queue keeps may be old enough to go; the id is the queue's number. */
    RETENTION(3),
    /** A task has ended, and not all who wait for it know; the value is a PassOnRecord. */
    PASS_ON(4),
    /** Tasks were called off, and not all that is below them; the value is a CancelBelowRecord. */
    CANCEL_BELOW(5);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }

    static Kind of(int code) {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalStateException("timer kind must be 1 to 5, found " + code);
    }
  }

  /**
   * @param atMs ms since the epoch
   * @param value what the kind needs
   */
  record Timer(long atMs, Kind kind, long id, ByteString value) {}

  private static final Comparator<Timer> ORDER =
      Comparator.comparingLong(Timer::atMs).thenComparing(Timer::kind).thenComparingLong(Timer::id);

  private final Index index;
  private final TaskTable tasks;

  /** No timer is before this time, ms since the epoch; {@link Long#MAX_VALUE}: there is none. */
  private long nextMs;

  Timers(Index index, TaskTable tasks) {
    this.index = index;
    this.tasks = tasks;
    this.nextMs = 0;
  }

  /** Reads when the first is due, at start. */
  void restore() {
    nextMs = Long.MAX_VALUE;
    index.scan(
        ByteString.EMPTY,
        (key, value) -> {
          nextMs = timer(key, value).atMs;
          return false;
        });
  }

  long nextMs() {
    return nextMs;
  }

  void set(long atMs, Kind kind, long id, ByteString value) {
    index.put(key(atMs, kind, id), value);
    nextMs = Math.min(nextMs, atMs);
  }

  void set(long atMs, Kind kind, long id) {
    set(atMs, kind, id, ByteString.EMPTY);
  }

  /** A touched task stands as it does from now on: until its {@link Task#timerMs}, if any. */
  void set(Task task) {
    long atMs = task.timerMs();
    if (atMs != 0) {
      tasks.current().due(task, atMs);
      nextMs = Math.min(nextMs, atMs);
    }
  }

  /** A touched task is about to stand otherwise. */
  void clear(Task task) {
    long atMs = task.timerMs();
    if (atMs != 0 && !tasks.current().dueNoMore(task, atMs)) {
      clear(atMs, Kind.TASK, task.id);
    }
  }

  /** A task is read from the store as it stands. What an older program wrote has no timer. */
  void restore(Task task) {
    long atMs = task.timerMs();
    if (atMs != 0 && index.get(key(atMs, Kind.TASK, task.id)) == null) {
      set(atMs, Kind.TASK, task.id);
    }
  }

  void clear(long atMs, Kind kind, long id) {
    index.delete(key(atMs, kind, id));
  }

  /**
   * Takes the timers that are due, the earliest first, at most so many. Those of tasks must then be
   * cleared.
   */
  List<Timer> takeDue(long nowMs, int max) {
    List<Timer> first = new ArrayList<>();
    index.scan(
        key(nextMs == Long.MAX_VALUE ? 0 : nextMs),
        (key, value) -> {
          Timer timer = timer(key, value);
          first.add(timer);
          return timer.atMs <= nowMs && first.size() <= max;
        });
    int stored = first.size();
    tasks
        .current()
        .scanDue(
            (atMs, id) -> {
              first.add(new Timer(atMs, Kind.TASK, id, ByteString.EMPTY));
              return atMs <= nowMs && first.size() - stored <= max;
            });
    first.sort(ORDER); // each of the two ends with the first one that is not taken
    int count = 0;
    while (count < Math.min(first.size(), max) && first.get(count).atMs <= nowMs) {
      count++;
    }
    nextMs = count == first.size() ? Long.MAX_VALUE : first.get(count).atMs;
    List<Timer> due = List.copyOf(first.subList(0, count));
    for (Timer timer : due) {
      if (timer.kind != Kind.TASK) {
        clear(timer.atMs, timer.kind, timer.id);
      }
    }
    return due;
  }

  private static ByteString key(long atMs) {
    return ByteString.copyFrom(ByteBuffer.allocate(8).putLong(atMs).flip());
  }

  static ByteString key(long atMs, Kind kind, long id) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(17).putLong(atMs).put(kind.code).putLong(id).flip());
  }

  static Timer timer(ByteString key, ByteString value) {
    ByteBuffer buffer = key.asReadOnlyByteBuffer();
    return new Timer(buffer.getLong(), Kind.of(buffer.get()), buffer.getLong(), value);
  }
}
