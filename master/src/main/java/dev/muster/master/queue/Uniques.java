package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.v1.UniqueRecord;
import dev.muster.proto.v1.UniqueScope;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Unique keys that are taken, and by which task. */
final class Uniques {
  private final Index index;
  private final Timers timers;

  Uniques(Index index, Timers timers) {
    this.index = index;
    this.timers = timers;
  }

  /** The stored form of a key: scope, queue, handler, and the key itself. */
  static ByteString key(UniqueScope scope, QueueState queue, String handler, String key) {
    ByteBuffer head = ByteBuffer.allocate(5).put((byte) scope.getNumber());
    head.putInt(scope == UniqueScope.UNIQUE_SCOPE_MASTER ? 0 : queue.number).flip();
    ByteString name =
        scope == UniqueScope.UNIQUE_SCOPE_HANDLER
            ? ByteString.copyFromUtf8(handler + "\0")
            : ByteString.EMPTY;
    return ByteString.copyFrom(head).concat(name).concat(ByteString.copyFromUtf8(key));
  }

  /** The key as its producer wrote it. */
  static String name(ByteString stored) {
    if (stored.isEmpty()) {
      return "";
    }
    String rest = stored.substring(5).toStringUtf8();
    return rest.substring(rest.indexOf('\0') + 1);
  }

  /** The task that has this key now, or null. */
  @Nullable Long holder(ByteString key, long nowMs) {
    UniqueRecord taken = read(key);
    return taken == null || (taken.getUntilMs() != 0 && taken.getUntilMs() <= nowMs)
        ? null
        : taken.getTask();
  }

  /**
   * A task takes a free key.
   *
   * @param untilMs when it is free again, ms since the epoch; 0: when the task has ended
   */
  void take(ByteString key, long task, long untilMs) {
    index.put(
        key, UniqueRecord.newBuilder().setTask(task).setUntilMs(untilMs).build().toByteString());
    if (untilMs != 0) {
      timers.set(untilMs, Timers.Kind.UNIQUE, task, key);
    }
  }

  /** The task that holds a key has ended. */
  void ended(ByteString key, long task) {
    UniqueRecord taken = read(key);
    if (taken != null && taken.getTask() == task && taken.getUntilMs() == 0) {
      index.delete(key);
    }
  }

  /** A key's time is over; unless its task was put back meanwhile, and has it until it ends. */
  void due(ByteString key, long task) {
    UniqueRecord taken = read(key);
    if (taken != null && taken.getTask() == task && taken.getUntilMs() != 0) {
      index.delete(key);
    }
  }

  private @Nullable UniqueRecord read(ByteString key) {
    ByteString record = index.get(key);
    try {
      return record == null ? null : UniqueRecord.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the record of a unique key cannot be parsed", e);
    }
  }
}
