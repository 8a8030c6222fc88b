package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.PassOnRecord;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.TaskState;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Nobody waits for a task that has ended, unless a timer is going to tell. Timers are shown before
 * tasks.
 */
final class UntoldEnds {
  /** So many tasks are remembered as ended or not, a few bytes each. */
  private static final int LOOKED_AT_MAX = 100_000;

  private final StateStore.View view;
  private final Consumer<String> drift;

  /** By the task that has ended: who is not told. */
  private final LongObjectHashMap<LongHashSet> untold = new LongObjectHashMap<>();

  /** Of tasks that others wait for: whether they have ended. Very many may wait for one. */
  private final LongObjectHashMap<Boolean> ended = new LongObjectHashMap<>();

  UntoldEnds(StateStore.View view, Consumer<String> drift) {
    this.view = view;
    this.drift = drift;
  }

  /** What is wrong with a timer, or null. */
  @Nullable String timer(Timers.Timer timer) {
    PassOnRecord record;
    try {
      record = Dependencies.passOnRecord(timer);
    } catch (IllegalStateException e) {
      return "an end, and cannot be read";
    }
    long id = record.getResult().getId();
    LongHashSet those = untold.get(id);
    if (those == null) {
      those = new LongHashSet();
      untold.put(id, those);
    }
    record.getDependentsList().forEach(those::add);
    return null;
  }

  void task(TaskRecord task) {
    if (task.getState() != TaskState.TASK_STATE_DELAYED) {
      return;
    }
    for (long first : task.getPendingList()) {
      LongHashSet those = untold.get(first);
      if (hasEnded(first) && (those == null || !those.contains(task.getId()))) {
        drift.accept(
            "task "
                + Long.toUnsignedString(task.getId())
                + " waits for task "
                + Long.toUnsignedString(first)
                + ", which has ended, and nothing is going to tell it");
      }
    }
  }

  private boolean hasEnded(long id) {
    Boolean known = ended.get(id);
    if (known == null) {
      TaskRecord task = view.task(id);
      known = task == null || CrossCheck.hasEnded(task.getState());
      if (ended.size() >= LOOKED_AT_MAX) {
        ended.clear();
      }
      ended.put(id, known);
    }
    return known;
  }
}
