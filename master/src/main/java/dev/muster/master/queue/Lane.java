package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import dev.muster.master.store.LaneKey;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * An ordered sequence of tasks whose head is in memory and whose rest is in the generations and the
 * store.
 *
 * <pre>
 *   given back (few)      window              spilled: the current generation, the frozen one, the store
 *   ▼                     ▼                   ▼
 *   [3][7]                [12][13][14]        15 … 10,000,000
 *                                  └ cursor
 * </pre>
 *
 * <p>Tasks enter at the end, with growing positions, and leave at the head. What was taken and is
 * given back has a position before the window: it is few, because only what is leased can be given
 * back. After a restart it may also lie ahead of the cursor, which then stands at the first task
 * that waits, however far the leases had come: there the cursor steps over it.
 */
final class Lane {
  /**
   * Bounds of the window: enough to serve several leases without a read, small enough for many
   * queues.
   */
  private static final int WINDOW_TASKS = 4096;

  private static final long WINDOW_BYTES = 4 << 20;

  private final LaneKey key;
  private final ArrayDeque<Task> window = new ArrayDeque<>();
  private long windowBytes;
  private @Nullable PriorityQueue<Task> givenBack;

  /**
   * Positions of given-back tasks ahead of the cursor: the next flush writes them to the store,
   * where the cursor comes across them.
   */
  private @Nullable LongHashSet givenBackAhead;

  private long spilled;

  /** Every position up to here is, or was, in the window. */
  private long cursor;

  Lane(LaneKey key) {
    this.key = key;
  }

  /** A lane as the store has it: all of it is spilled. */
  Lane(LaneKey key, long size, long head) {
    this.key = key;
    this.spilled = size;
    this.cursor = head - 1;
  }

  LaneKey key() {
    return key;
  }

  /** Tasks in it. */
  long size() {
    return window.size() + spilled + (givenBack == null ? 0 : givenBack.size());
  }

  /** No task of it has a lower position. */
  long head() {
    long head = spilled > 0 ? cursor + 1 : Long.MAX_VALUE;
    if (!window.isEmpty()) {
      head = Math.min(head, window.peekFirst().position);
    }
    Task first = givenBack == null ? null : givenBack.peek();
    return first == null ? head : Math.min(head, first.position);
  }

  /**
   * Adds at the end. The task's lane and position are set, and the position is larger than any
   * before.
   */
  void append(Task task, Generation current) {
    if (spilled == 0 && hasRoom()) {
      enterWindow(task);
    } else {
      spilled++;
      current.spill(key, task.position, task.id);
    }
  }

  /** Takes back what was polled before, at its old place. */
  void giveBack(Task task) {
    if (givenBack == null) {
      givenBack = new PriorityQueue<>(Comparator.comparingLong((Task t) -> t.position));
    }
    givenBack.add(task);
    if (task.position > cursor) {
      if (givenBackAhead == null) {
        givenBackAhead = new LongHashSet();
      }
      givenBackAhead.add(task.position);
    }
  }

  /** Returns the first task, or null when there is none. */
  @Nullable Task peek(TaskTable tasks) {
    if (window.isEmpty() && spilled > 0) {
      refill(tasks);
    }
    Task back = givenBack == null ? null : givenBack.peek();
    Task front = window.peekFirst();
    return back != null && (front == null || back.position < front.position) ? back : front;
  }

  /** Removes the first task: the one that was just peeked. */
  void remove(Task first) {
    if (first == window.peekFirst()) {
      window.removeFirst();
      windowBytes -= first.memoryBytes();
    } else if (givenBack != null) {
      givenBack.remove();
      if (givenBackAhead != null) {
        givenBackAhead.remove(first.position);
      }
    }
  }

  /** Takes out a task, wherever in the lane it is. */
  void leave(Task task) {
    if (givenBack != null && givenBack.removeIf(other -> other.id == task.id)) {
      if (givenBackAhead != null) {
        givenBackAhead.remove(task.position);
      }
    } else if (task.position > cursor) {
      spilled--;
    } else if (window.removeIf(other -> other.id == task.id)) {
      windowBytes -= task.memoryBytes();
    }
  }

  private void refill(TaskTable tasks) {
    while (window.isEmpty()) {
      long before = cursor;
      tasks.readAhead(key, cursor + 1, WINDOW_TASKS, this::load);
      if (cursor == before) {
        throw new IllegalStateException(
            "lane "
                + key
                + " counts "
                + spilled
                + " more tasks after position "
                + cursor
                + ", but none is there");
      }
    }
  }

  /**
   * Gets the next spilled places in order; a null task left the lane meanwhile. False: enough for
   * now.
   */
  private boolean load(long position, @Nullable Task task) {
    if (!hasRoom()) {
      return false;
    }
    cursor = position;
    boolean held = givenBackAhead != null && givenBackAhead.remove(position);
    if (task != null && !held) {
      spilled--;
      window.addLast(task);
      windowBytes += task.memoryBytes();
    }
    return true;
  }

  private void enterWindow(Task task) {
    window.addLast(task);
    windowBytes += task.memoryBytes();
    cursor = task.position;
  }

  private boolean hasRoom() {
    return window.isEmpty() || (window.size() < WINDOW_TASKS && windowBytes < WINDOW_BYTES);
  }
}
