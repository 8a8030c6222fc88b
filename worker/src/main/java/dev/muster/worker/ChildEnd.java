package dev.muster.worker;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How a process of handlers ends: what it printed, what it did against the rules, and whether all
 * that it said was heard. Guarded by its owner.
 */
final class ChildEnd {
  /** What a dead process said is waited for so long: a program that it started may hold its end. */
  static final long LAST_WORDS_MS = 1_000;

  private static final int FIRST_LINES_MAX = 10;

  private final Process process;
  private final long heapBytes;
  private final Deque<String> firstLines = new ArrayDeque<>();
  private @Nullable String outOfMemory;
  private @Nullable String fault;
  private int openStreams = 2; // standard output and standard error
  private boolean exited;
  private long exitedNanos;

  /**
   * @param heapBytes its limit
   */
  ChildEnd(Process process, long heapBytes) {
    this.process = process;
    this.heapBytes = heapBytes;
  }

  void printed(String line) {
    if (line.contains(ExitCause.OUT_OF_MEMORY)) {
      outOfMemory = line;
    }
    if (firstLines.size() < FIRST_LINES_MAX) {
      firstLines.add(line);
    }
  }

  /** It did this against the rules, and is killed for it. */
  void fault(String what) {
    fault = what;
  }

  void streamEnded() {
    openStreams--;
  }

  void exited() {
    exited = true;
    exitedNanos = System.nanoTime();
  }

  boolean hasExited() {
    return exited;
  }

  boolean isFaulty() {
    return fault != null;
  }

  /** It is gone, and all was heard that it said. */
  boolean isOver() {
    return exited
        && (openStreams == 0
            || System.nanoTime() - exitedNanos >= TimeUnit.MILLISECONDS.toNanos(LAST_WORDS_MS));
  }

  /** Why it is gone, for a person. When it is. */
  String cause() {
    return fault == null ? ExitCause.of(process.exitValue(), outOfMemory, heapBytes) : fault;
  }

  /** The same for one that never was ready, with what it printed. */
  String causeAtStart() {
    return cause() + (firstLines.isEmpty() ? "" : ": " + String.join("; ", firstLines));
  }
}
