package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import dev.muster.master.store.LaneKey;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
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
 * <p>Tasks enter at the end, with growing positions, and leave at the head, or from anywhere when
 * they are called off. What was taken and is given back has a position before the window: it is
 * few, because only what is leased can be given back. After a restart it may also lie ahead of the
 * cursor, which then stands at the first task that waits, however far the leases had come: there
 * the cursor steps over it.
 */
final class Lane {
  /**
   * Bounds of the window: enough to serve several leases without a read, small enough for many
   * queues.
   */
  private static final int WINDOW_TASKS = 4096;

  private static final long WINDOW_BYTES = 4 << 20;

  /** So many places are read at a time to find the first. */
  private static final int LOOK_TASKS = 16;

  private final LaneKey key;
  private final int windowTasks;
  private @Nullable ArrayDeque<Task> window;
  private long windowBytes;

  /** By position. */
  private @Nullable TreeMap<Long, Task> givenBack;

  /**
   * Positions of given-back tasks ahead of the cursor: the next flush writes them to the store,
   * where the cursor comes across them.
   */
  private @Nullable LongHashSet givenBackAhead;

  /** Positions in the window whose tasks have changed since: they are looked up again. */
  private @Nullable LongHashSet changed;

  private long spilled;

  /** Every position up to here is, or was, in the window. */
  private long cursor;

  /** No task ever entered at a higher position. */
  private long last;

  Lane(LaneKey key) {
    this(key, WINDOW_TASKS, 0, 0, 0);
  }

  /**
   * A lane as the store has it: all of it is spilled.
   *
   * @param last no position that was given out so far is higher
   */
  Lane(LaneKey key, long size, long head, long last) {
    this(key, WINDOW_TASKS, size, head, last);
  }

  /**
   * @param windowTasks at most so many are in memory, but for those given back
   */
  Lane(LaneKey key, int windowTasks, long size, long head, long last) {
    this.key = key;
    this.windowTasks = windowTasks;
    this.spilled = size;
    this.cursor = head - 1;
    this.last = last;
  }

  LaneKey key() {
    return key;
  }

  /** Tasks in it. */
  long size() {
    return windowSize() + spilled + (givenBack == null ? 0 : givenBack.size());
  }

  /** No task of it has a lower position. */
  long head() {
    long head = spilled > 0 ? cursor + 1 : Long.MAX_VALUE;
    Task front = front();
    if (front != null) {
      head = Math.min(head, front.position);
    }
    return givenBack == null || givenBack.isEmpty() ? head : Math.min(head, givenBack.firstKey());
  }

  /** Adds a task at its position, whose lane and position are set: at the end, or where it was. */
  void enter(Task task, Generation current) {
    if (task.position > last) {
      append(task, current);
    } else {
      giveBack(task);
    }
  }

  /**
   * Adds at the end. The task's lane and position are set: the position is larger than any before.
   */
  void append(Task task, Generation current) {
    last = task.position;
    if (spilled == 0 && hasRoom()) {
      enterWindow(task);
    } else {
      spilled++;
      current.spill(key, task.position, task.id);
    }
  }

  private void giveBack(Task task) {
    if (givenBack == null) {
      givenBack = new TreeMap<>();
    }
    givenBack.put(task.position, task);
    if (task.position > cursor) {
      if (givenBackAhead == null) {
        givenBackAhead = new LongHashSet();
      }
      givenBackAhead.add(task.position);
    }
  }

  /** Returns the first task as it is now, or null when there is none. */
  @Nullable Task peek(TaskTable tasks) {
    if (spilled > 0 && windowSize() == 0) {
      refill(tasks);
    }
    Task front = front();
    if (givenBack != null && !givenBack.isEmpty()) {
      Map.Entry<Long, Task> back = givenBack.firstEntry();
      if (front == null || back.getKey() < front.position) {
        return back.getValue();
      }
    }
    return front == null || changed == null ? front : asItIsNow(front, tasks);
  }

  /** As {@link #peek}, but what is not in memory is only read, and stays where it is. */
  @Nullable Task look(TaskTable tasks) {
    if (spilled == 0 || windowSize() > 0) {
      return peek(tasks);
    }
    Map.Entry<Long, Task> back = givenBack == null ? null : givenBack.firstEntry();
    First first = new First();
    long from;
    do {
      from = first.next;
      tasks.readAhead(key, from, LOOK_TASKS, first);
    } while (first.task == null && first.next > from);
    Task task = first.task;
    return back != null && (task == null || back.getKey() < task.position) ? back.getValue() : task;
  }

  /** Finds the first spilled task that is still there. */
  private final class First implements TaskTable.PlaceLoader {
    private long next = cursor + 1;
    private @Nullable Task task;

    @Override
    public boolean load(long position, @Nullable Task there) {
      next = position + 1;
      boolean held = givenBackAhead != null && givenBackAhead.contains(position);
      task = held ? null : there;
      return task == null;
    }
  }

  private Task asItIsNow(Task front, TaskTable tasks) {
    if (changed == null || !changed.remove(front.position)) {
      return front;
    }
    Task now = tasks.find(front.id);
    if (now == null || window == null) {
      throw new IllegalStateException("task " + front.id + " left lane " + key + " unheard");
    }
    window.removeFirst();
    window.addFirst(now);
    windowBytes += now.memoryBytes() - front.memoryBytes();
    return now;
  }

  /** A task of it was touched, and stays where it is. */
  void changed(Task task) {
    if (givenBack != null && givenBack.replace(task.position, task) != null) {
      return;
    }
    if (task.position <= cursor) {
      if (changed == null) {
        changed = new LongHashSet();
      }
      changed.add(task.position);
    }
  }

  /** Removes a task from wherever it is: quick at the head, and beyond the window. */
  void remove(Task task) {
    Task front = front();
    if (front != null && front.position == task.position) {
      takeFront();
    } else if (givenBack != null && givenBack.remove(task.position) != null) {
      if (givenBackAhead != null) {
        givenBackAhead.remove(task.position);
      }
      return;
    } else if (task.position > cursor) {
      spilled--; // The cursor finds nothing at that place when it comes by.
      return;
    } else {
      removeFromWindow(task);
    }
    if (changed != null) {
      changed.remove(task.position);
    }
  }

  private void takeFront() {
    if (window != null) {
      windowBytes -= window.removeFirst().memoryBytes();
      if (window.isEmpty()) {
        windowBytes = 0; // What tasks cost may have changed while they waited.
      }
    }
  }

  private void removeFromWindow(Task task) {
    if (window == null || !window.removeIf(other -> other.position == task.position)) {
      throw new IllegalStateException(
          "task " + task.id + " is not at position " + task.position + " of lane " + key);
    }
    windowBytes -= task.memoryBytes();
  }

  private @Nullable Task front() {
    return window == null ? null : window.peekFirst();
  }

  private int windowSize() {
    return window == null ? 0 : window.size();
  }

  private void refill(TaskTable tasks) {
    while (windowSize() == 0) {
      long before = cursor;
      tasks.readAhead(key, cursor + 1, windowTasks, this::load);
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
      toWindow(task);
    }
    return true;
  }

  private void enterWindow(Task task) {
    toWindow(task);
    cursor = task.position;
  }

  private void toWindow(Task task) {
    if (window == null) {
      window = new ArrayDeque<>();
    }
    window.addLast(task);
    windowBytes += task.memoryBytes();
  }

  private boolean hasRoom() {
    int size = windowSize();
    return size == 0 || (size < windowTasks && windowBytes < WINDOW_BYTES);
  }
}
