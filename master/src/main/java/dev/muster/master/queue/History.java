package dev.muster.master.queue;

import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The last plain successes of a queue, whose records are gone: what they were and when, in a ring
 * of bounded size. In memory only, for people: no rule reads it, and a restart forgets what was
 * flushed before.
 */
final class History {
  private static final int FIRST_SIZE = 16;

  private static final int LONGS = 7;

  private long[] facts = new long[0];
  private String[] workers = new String[0];
  private int count;
  private int next;

  /** A task has succeeded, and its record goes. */
  void add(Task task, int max) {
    if (max == 0) {
      return;
    }
    makeRoom(max);
    int at = next * LONGS;
    facts[at] = task.id;
    facts[at + 1] = task.enqueuedMs;
    facts[at + 2] = task.offeredMs;
    facts[at + 3] = task.finishedMs;
    facts[at + 4] = task.runUs;
    facts[at + 5] = (long) task.attempts << 32 | task.failures;
    facts[at + 6] = (long) task.crashes << 32 | task.payloadBytes;
    workers[next] = task.worker;
    next = (next + 1) % workers.length;
    count = Math.min(count + 1, workers.length);
  }

  /**
   * Grows by doubling, so that a queue that is hardly used costs little; a lower bound starts anew.
   */
  private void makeRoom(int max) {
    if (workers.length > max) {
      facts = new long[0];
      workers = new String[0];
      count = 0;
      next = 0;
    }
    if (count == workers.length && workers.length < max) {
      int size = Math.min(max, Math.max(FIRST_SIZE, 2 * workers.length));
      facts = Arrays.copyOf(facts, size * LONGS);
      workers = Arrays.copyOf(workers, size);
      next = count;
    }
  }

  /** What is known of a task, or null. */
  TaskInfo.@Nullable Builder find(long id) {
    for (int i = 0; i < count; i++) {
      int at = i * LONGS;
      if (facts[at] == id) {
        return TaskInfo.newBuilder()
            .setId(id)
            .setState(TaskState.TASK_STATE_SUCCEEDED)
            .setFromHistory(true)
            .setEnqueuedMs(facts[at + 1])
            .setFinishedMs(facts[at + 3])
            .setAttempts((int) (facts[at + 5] >>> 32))
            .setFailures((int) facts[at + 5])
            .setCrashes((int) (facts[at + 6] >>> 32))
            .setPayloadBytes((int) facts[at + 6])
            .addTimeline(Task.attempt(workers[i], 0, facts[at + 2], facts[at + 3], facts[at + 4]));
      }
    }
    return null;
  }
}
