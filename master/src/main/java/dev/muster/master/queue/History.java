package dev.muster.master.queue;

import com.carrotsearch.hppc.LongLongHashMap;
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

  private final String queue;
  private final int number;
  private final Histories histories;
  private long[] facts = new long[0];
  private String[] workers = new String[0];
  private int count;
  private int next;

  /** Added since it was indexed last, the newest of all. */
  private int fresh;

  /** The histories know that something is fresh. */
  private boolean noted;

  /** The task that the index has at each place; 0: none. Only as long as somebody asks. */
  private long[] indexed = new long[0];

  /**
   * @param number among the histories
   */
  History(String queue, int number, Histories histories) {
    this.queue = queue;
    this.number = number;
    this.histories = histories;
  }

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
    fresh = Math.min(fresh + 1, count);
    if (!noted) {
      noted = true;
      histories.changed(this);
    }
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
      fresh = 0;
    }
    if (count == workers.length && workers.length < max) {
      int size = Math.min(max, Math.max(FIRST_SIZE, 2 * workers.length));
      facts = Arrays.copyOf(facts, size * LONGS);
      workers = Arrays.copyOf(workers, size);
      next = count;
      fresh = count; // The newest are no more those before the next.
    }
  }

  /** So many of its tasks are not in the index. */
  int fresh() {
    return fresh;
  }

  /** Brings the index up to date: in it is what this history holds, and nothing else of it. */
  void index(LongLongHashMap places) {
    for (int i = workers.length; i < indexed.length; i++) {
      places.remove(indexed[i]);
    }
    indexed = Arrays.copyOf(indexed, workers.length);
    for (int i = 1; i <= fresh; i++) {
      int place = Math.floorMod(next - i, workers.length);
      places.remove(indexed[place]);
      indexed[place] = facts[place * LONGS];
      places.put(indexed[place], (long) number << 32 | place);
    }
    fresh = 0;
    noted = false;
  }

  /** What is known of the task at a place, or null when it is another by now. */
  TaskInfo.@Nullable Builder find(int place, long id) {
    int at = place * LONGS;
    if (place >= count || facts[at] != id) {
      return null;
    }
    return TaskInfo.newBuilder()
        .setId(id)
        .setState(TaskState.TASK_STATE_SUCCEEDED)
        .setFromHistory(true)
        .setQueue(queue)
        .setEnqueuedMs(facts[at + 1])
        .setFinishedMs(facts[at + 3])
        .setAttempts((int) (facts[at + 5] >>> 32))
        .setFailures((int) facts[at + 5])
        .setCrashes((int) (facts[at + 6] >>> 32))
        .setPayloadBytes((int) facts[at + 6])
        .addTimeline(Task.attempt(workers[place], 0, facts[at + 2], facts[at + 3], facts[at + 4]));
  }
}
