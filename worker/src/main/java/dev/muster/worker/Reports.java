package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What running tasks say of themselves, until a frame takes it: the latest progress of each, log
 * lines and partial results; and the stacks that somebody asked for. Bounded: a master that is
 * away, or slower than its tasks talk, costs the oldest of it, never a task's time. A frame of
 * reports goes at most every 50 ms; any frame takes them along. Thread-safe; the last lock in every
 * order.
 */
final class Reports {
  /** Log lines that wait; beyond it the oldest goes, and its task's next line says so. */
  static final int LOG_LINES_MAX = 1_000;

  /** Partial results of one task that wait: what the master itself keeps. */
  static final int PARTIALS_MAX = 256;

  /** Partial results of all tasks that wait, bytes. */
  static final int PARTIAL_BYTES_MAX = 16 << 20;

  /** Stacks that wait, of at most 64 KiB each. */
  static final int STACKS_MAX = 64;

  private static final int PARTIAL_OVERHEAD_BYTES = 64;

  private static final long PACE_MS = 50;

  private final SideThreads aside;
  private final long paceMs;
  private volatile Runnable wake = () -> {};
  private volatile boolean waiting;

  @GuardedBy("this")
  private final Map<TaskContext, Progress> progress = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Deque<Line> lines = new ArrayDeque<>();

  @GuardedBy("this")
  private final Map<TaskContext, Integer> droppedLines = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Deque<Part> partials = new ArrayDeque<>();

  /** By task: who asks twice is answered once. */
  @GuardedBy("this")
  private final Map<Long, StackDump> stacks = new LinkedHashMap<>();

  @GuardedBy("this")
  private long partialBytes;

  @GuardedBy("this")
  private boolean scheduled;

  @GuardedBy("this")
  private long takenNanos;

  private record Line(TaskContext task, LogLine line) {}

  private record Part(TaskContext task, PartialResult partial) {}

  Reports(SideThreads aside) {
    this(aside, PACE_MS);
  }

  /**
   * @param paceMs a frame of reports goes at most so often
   */
  Reports(SideThreads aside, long paceMs) {
    this.aside = aside;
    this.paceMs = paceMs;
    this.takenNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(paceMs);
  }

  /** Before anything else: how to get a frame on its way. */
  void onWaiting(Runnable wake) {
    this.wake = wake;
  }

  void progress(TaskContext task, double fraction, String message) {
    Progress latest =
        Progress.newBuilder()
            .setId(task.taskId())
            .setToken(task.token())
            .setFraction(fraction)
            .setMessage(message)
            .build();
    synchronized (this) {
      progress.put(task, latest);
      schedule();
    }
  }

  void log(TaskContext task, LogLine line) {
    synchronized (this) {
      if (lines.size() >= LOG_LINES_MAX) {
        droppedLines.merge(lines.removeFirst().task(), 1, Integer::sum);
      }
      lines.addLast(new Line(task, line));
      schedule();
    }
  }

  /** What a handler does now; the oldest goes when too many wait. */
  synchronized void stack(StackDump dump) {
    stacks.put(dump.getId(), dump);
    if (stacks.size() > STACKS_MAX) {
      Iterator<StackDump> oldest = stacks.values().iterator();
      oldest.next();
      oldest.remove();
    }
    schedule();
  }

  /** Numbers a partial result: from 1 in each attempt. */
  void partial(TaskContext task, EncodedValue value) {
    synchronized (this) {
      PartialResult partial =
          PartialResult.newBuilder()
              .setId(task.taskId())
              .setToken(task.token())
              .setNumber(task.nextPartial())
              .setValue(value.bytes())
              .setContentType(value.contentType())
              .build();
      if (task.waitingPartials(1) > PARTIALS_MAX) {
        dropOldestOf(task);
      }
      partials.addLast(new Part(task, partial));
      partialBytes += bytes(partial);
      while (partialBytes > PARTIAL_BYTES_MAX) {
        taken(partials.removeFirst());
      }
      schedule();
    }
  }

  @GuardedBy("this")
  private void dropOldestOf(TaskContext task) {
    for (Iterator<Part> all = partials.iterator(); all.hasNext(); ) {
      Part part = all.next();
      if (part.task() == task) {
        all.remove();
        taken(part);
        return;
      }
    }
  }

  @GuardedBy("this")
  private void taken(Part part) {
    partialBytes -= bytes(part.partial());
    var unused = part.task().waitingPartials(-1);
  }

  private static int bytes(PartialResult partial) {
    return partial.getValue().size() + PARTIAL_OVERHEAD_BYTES;
  }

  @GuardedBy("this")
  private void schedule() {
    waiting = true;
    if (!scheduled) {
      scheduled = true;
      long sinceMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - takenNanos);
      aside.after(Math.max(0, paceMs - sinceMs), this::wakeUp);
    }
  }

  private void wakeUp() {
    synchronized (this) {
      scheduled = false;
    }
    wake.run();
  }

  /** Whether there is something to say. */
  boolean isWaiting() {
    return waiting;
  }

  /**
   * Moves what fits to a frame, in the order in which it was said.
   *
   * @param bytes what the frame has; the first report goes along even if it is larger, when this is
   *     0
   */
  synchronized void moveTo(WorkerFrame.Builder frame, int bytes, int bytesMax) {
    takenNanos = System.nanoTime();
    int sum = bytes;
    for (Iterator<Progress> all = progress.values().iterator(); all.hasNext(); ) {
      Progress next = all.next();
      sum += next.getSerializedSize();
      if (sum > bytesMax) {
        return;
      }
      frame.addProgress(next);
      all.remove();
    }
    for (Iterator<Map.Entry<TaskContext, Integer>> all = droppedLines.entrySet().iterator();
        all.hasNext() && sum < bytesMax; ) {
      Map.Entry<TaskContext, Integer> dropped = all.next();
      LogLine line = dropped.getKey().line("WARN", dropped(dropped.getValue()));
      sum += line.getSerializedSize();
      frame.addLogLines(line);
      all.remove();
    }
    while (!lines.isEmpty()) {
      sum += lines.getFirst().line().getSerializedSize();
      if (sum > bytesMax) {
        return;
      }
      frame.addLogLines(lines.removeFirst().line());
    }
    for (Iterator<StackDump> all = stacks.values().iterator(); all.hasNext(); ) {
      StackDump next = all.next();
      sum += next.getSerializedSize();
      if (sum > bytesMax) {
        return;
      }
      frame.addStacks(next);
      all.remove();
    }
    while (!partials.isEmpty()) {
      sum += bytes(partials.getFirst().partial());
      if (sum > bytesMax && sum > bytes(partials.getFirst().partial())) {
        return; // a large one goes alone
      }
      Part part = partials.removeFirst();
      taken(part);
      frame.addPartials(part.partial());
    }
    waiting = !droppedLines.isEmpty();
  }

  private static String dropped(int count) {
    return count
        + (count == 1 ? " log line was" : " log lines were")
        + " dropped here: more than "
        + LOG_LINES_MAX
        + " of this worker waited to be sent";
  }

  /** The session is over, and what was said in it. */
  synchronized void clear() {
    progress.clear();
    lines.clear();
    droppedLines.clear();
    stacks.clear();
    partials.forEach(this::taken);
    partials.clear();
    waiting = false;
  }
}
