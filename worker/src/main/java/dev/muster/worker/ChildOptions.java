package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The processes in which handlers run with {@link Isolation#PROCESS}. Immutable: each method gives
 * a new one.
 *
 * @param heapBytes the most heap that each may have, bytes; at least 16 MiB
 * @param javaOptions further options of Java, e.g. "-XX:+UseParallelGC"
 * @param environment names of environment variables that they get besides PATH, HOME, LANG, TZ and
 *     TMPDIR; all others of the worker stay with the worker
 * @param maxTasks after so many tasks a process is replaced by a fresh one; 0: it stays
 * @param recycleHeapBytes when so much heap is still used after a task, its process is replaced,
 *     bytes; 0: it stays
 */
public record ChildOptions(
    long heapBytes,
    List<String> javaOptions,
    Set<String> environment,
    int maxTasks,
    long recycleHeapBytes) {
  private static final long HEAP_BYTES_MIN = 16L << 20;
  private static final ChildOptions STANDARD =
      new ChildOptions(256L << 20, List.of(), Set.of(), 0, 0);

  public ChildOptions {
    javaOptions = List.copyOf(javaOptions);
    environment = Set.copyOf(environment);
    if (heapBytes < HEAP_BYTES_MIN) {
      throw new InvalidInputException(
          "the heap of a handler's process must be at least 16 MiB, found " + heapBytes + " bytes");
    }
    if (maxTasks < 0 || recycleHeapBytes < 0) {
      throw new InvalidInputException(
          "a process is replaced after 1 task or more and 1 byte or more, or 0 for never, found "
              + Math.min(maxTasks, recycleHeapBytes));
    }
    if (recycleHeapBytes >= heapBytes) {
      throw new InvalidInputException(
          "a process must be replaced before its heap is full: expected less than "
              + heapBytes
              + " bytes, found "
              + recycleHeapBytes);
    }
  }

  /** 256 MiB of heap, never replaced while it lives. */
  public static ChildOptions standard() {
    return STANDARD;
  }

  /** With another limit of the heap, bytes. */
  public ChildOptions heap(long bytes) {
    return new ChildOptions(bytes, javaOptions, environment, maxTasks, recycleHeapBytes);
  }

  /** With these further options of Java. */
  public ChildOptions javaOptions(List<String> options) {
    return new ChildOptions(heapBytes, options, environment, maxTasks, recycleHeapBytes);
  }

  /** With one more variable of the worker's environment. */
  public ChildOptions environment(String name) {
    Set<String> more = new LinkedHashSet<>(environment);
    more.add(name);
    return new ChildOptions(heapBytes, javaOptions, more, maxTasks, recycleHeapBytes);
  }

  /** With a fresh process after so many tasks; 0: never. */
  public ChildOptions maxTasks(int tasks) {
    return new ChildOptions(heapBytes, javaOptions, environment, tasks, recycleHeapBytes);
  }

  /** With a fresh process when a task leaves more than so many bytes of heap in use; 0: never. */
  public ChildOptions recycleHeap(long bytes) {
    return new ChildOptions(heapBytes, javaOptions, environment, maxTasks, bytes);
  }
}
