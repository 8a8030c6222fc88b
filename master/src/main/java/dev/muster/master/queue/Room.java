package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.RefusalReason;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The room in queues with a maximum length, and how it is made where the oldest may go. */
final class Room {
  private final MachineState state;
  private final Waiting waiting;
  private final Endings endings;

  Room(MachineState state, Waiting waiting, Endings endings) {
    this.state = state;
    this.waiting = waiting;
    this.endings = endings;
  }

  /**
   * Why tasks cannot be added, or null. Changes nothing: others may yet refuse the request.
   *
   * @param count so many are new
   * @param most so many may be new: what is dropped may be one of those that are there already
   */
  Outcome.@Nullable Refused refusal(QueueState queue, int count, int most) {
    if (queue.settings.proto().getDraining()) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_QUEUE_DRAINING,
          "queue " + queue.name + " is being drained and takes no new tasks");
    }
    if (queue.room() >= count) {
      return null;
    }
    // Nothing is dropped in vain: what waits for its time is not dropped, and may fill the queue.
    long maxLength = queue.settings.proto().getMaxLength();
    if (queue.settings.dropsOldest() && maxLength - queue.delayed >= most) {
      return null;
    }
    // Who waits for room must not go by an older figure: it would try again at once, and again.
    state.tellLeader(queue);
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_QUEUE_FULL,
        "queue "
            + queue.name
            + " takes "
            + maxLength
            + " waiting tasks and holds "
            + queue.waiting()
            + "; "
            + count
            + " more do not fit"
            + (count > maxLength
                ? ", not even when it is empty: send fewer at a time, or raise --max-length"
                : ""));
  }

  /**
   * Drops the oldest, if there is no room otherwise and the queue says so. A queue whose limit was
   * lowered may be too long by millions: each put makes it somewhat shorter then, and the next ones
   * go on.
   *
   * @param count so many tasks are new
   * @param keys under which tasks are to be there: one that is dropped is to be added again
   */
  void make(QueueState queue, int count, Set<ByteString> keys) {
    long needed = count;
    long dropped = 0;
    while (queue.settings.dropsOldest() && queue.room() < needed) {
      if (dropped++ >= needed) {
        if (state.spare() == 0) {
          return;
        }
        state.spend(0);
      }
      Task oldest = queue.ready.toDrop(state);
      if (oldest == null) {
        throw new IllegalStateException(
            "queue " + queue.name + " has nothing to drop, and no room for " + needed);
      }
      boolean wasThere = keys.contains(oldest.unique) && holds(oldest);
      Task task = state.tasks.touch(oldest);
      waiting.leave(task);
      endings.cancel(task, "dropped to make room in a full queue");
      needed += wasThere && !holds(task) ? 1 : 0;
    }
  }

  /** Its unique key is its own still. */
  private boolean holds(Task task) {
    Long holder = state.uniques.holder(task.unique, state.nowMs);
    return holder != null && holder == task.id;
  }
}
