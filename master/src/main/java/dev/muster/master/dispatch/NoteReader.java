package dev.muster.master.dispatch;

import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.WatchReply;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * One who watches tasks. Bounded: notes that are not read in time are dropped, the oldest first; an
 * end is never dropped. Thread-safe.
 */
public final class NoteReader {
  static final long WAITING_BYTES_MAX = 8L << 20;
  private static final int OVERHEAD_BYTES = 150;

  private final Runnable wake;

  // Guarded by this.
  private final ArrayDeque<WatchReply> waiting = new ArrayDeque<>();
  private long noteBytes;
  private int pending;

  /**
   * @param tasks so many are watched
   * @param wake called when there is something to {@link #poll}; it must only note it
   */
  public NoteReader(int tasks, Runnable wake) {
    this.pending = tasks;
    this.wake = wake;
  }

  void add(WatchReply note) {
    synchronized (this) {
      waiting.add(note);
      noteBytes += bytes(note);
      if (noteBytes > WAITING_BYTES_MAX) {
        dropOldest();
      }
    }
    wake.run();
  }

  private void dropOldest() {
    Iterator<WatchReply> oldest = waiting.iterator();
    while (noteBytes > WAITING_BYTES_MAX && oldest.hasNext()) {
      WatchReply next = oldest.next();
      if (!next.hasEnded()) {
        noteBytes -= bytes(next);
        oldest.remove();
      }
    }
  }

  /** A task is terminal, or not known. */
  public void ended(TaskResult result) {
    synchronized (this) {
      waiting.add(WatchReply.newBuilder().setEnded(result).build());
      pending--;
    }
    wake.run();
  }

  /** The next reply; null: none waits. */
  public synchronized @Nullable WatchReply poll() {
    WatchReply next = waiting.poll();
    if (next != null && !next.hasEnded()) {
      noteBytes -= bytes(next);
    }
    return next;
  }

  /** All tasks have ended, and all of it was read. */
  public synchronized boolean isDone() {
    return pending == 0 && waiting.isEmpty();
  }

  private static long bytes(WatchReply note) {
    return OVERHEAD_BYTES + (long) note.getSerializedSize();
  }
}
