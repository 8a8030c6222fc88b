package dev.muster.master.dispatch;

import dev.muster.master.queue.Attempts;
import dev.muster.master.replication.Applier;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What running tasks say of themselves: progress, log lines, partial results. In the leader's
 * memory only, bounded, and gone with it. Thread-safe.
 */
public final class RunningNotes {
  /** All notes together hold so many bytes; those of the task that spoke first go first. */
  private static final long BYTES_MAX = 64L << 20;

  private final Applier applier;
  private final long bytesMax;

  // Guarded by this, within the machine's lock if that is needed too.
  /** By task, who spoke first first. */
  private final LinkedHashMap<Long, TaskNotes> tasks = new LinkedHashMap<>();

  private final Map<Long, List<NoteReader>> readers = new HashMap<>();
  private long bytes;

  /** Lets apply pass by without the lock when nothing was noted. */
  private volatile boolean any;

  public RunningNotes(Applier applier) {
    this(applier, BYTES_MAX);
  }

  RunningNotes(Applier applier, long bytesMax) {
    this.applier = applier;
    this.bytesMax = bytesMax;
  }

  /** Notes what a worker's frame carries, as far as the session holds what it speaks of. */
  void note(long session, WorkerFrame frame) {
    if (frame.getProgressCount() + frame.getLogLinesCount() + frame.getPartialsCount() == 0) {
      return;
    }
    // Kept under the machine's lock as well: a task that ended in between would leave its notes.
    applier.read(
        machine -> {
          keep(held(machine.attempts(), session, frame));
          return true;
        });
  }

  private synchronized void keep(List<WatchReply> said) {
    said.forEach(this::keep);
    any = !tasks.isEmpty();
  }

  private static List<WatchReply> held(Attempts attempts, long session, WorkerFrame frame) {
    List<WatchReply> said = new ArrayList<>();
    for (Progress progress : frame.getProgressList()) {
      if (attempts.holds(session, progress.getId(), progress.getToken())) {
        said.add(WatchReply.newBuilder().setProgress(NoteCut.progress(progress)).build());
      }
    }
    for (LogLine line : frame.getLogLinesList()) {
      if (attempts.holds(session, line.getId(), line.getToken())) {
        said.add(WatchReply.newBuilder().setLog(NoteCut.line(line)).build());
      }
    }
    for (PartialResult partial : frame.getPartialsList()) {
      if (attempts.holds(session, partial.getId(), partial.getToken())) {
        said.add(WatchReply.newBuilder().setPartial(partial).build());
      }
    }
    return said;
  }

  private void keep(WatchReply note) {
    long id = id(note);
    long token = token(note);
    TaskNotes notes = tasks.get(id);
    if (notes == null || notes.token != token) {
      if (notes != null) { // Another attempt speaks: what the last one said is over.
        bytes -= notes.bytes();
        tasks.remove(id);
      }
      notes = new TaskNotes(token);
      tasks.put(id, notes);
    }
    bytes += notes.add(note);
    makeRoom();
    List<NoteReader> told = readers.get(id);
    if (told != null) {
      told.forEach(reader -> reader.add(note));
    }
  }

  private void makeRoom() {
    Iterator<TaskNotes> oldest = tasks.values().iterator();
    while (bytes > bytesMax && tasks.size() > 1) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
    if (bytes > bytesMax && oldest.hasNext()) {
      bytes -= oldest.next().shrink(bytes - bytesMax);
    }
  }

  private static long id(WatchReply note) {
    return switch (note.getWhatCase()) {
      case PROGRESS -> note.getProgress().getId();
      case LOG -> note.getLog().getId();
      case PARTIAL -> note.getPartial().getId();
      case ENDED, WHAT_NOT_SET -> throw new IllegalArgumentException("not a note: " + note);
    };
  }

  private static long token(WatchReply note) {
    return switch (note.getWhatCase()) {
      case PROGRESS -> note.getProgress().getToken();
      case LOG -> note.getLog().getToken();
      case PARTIAL -> note.getPartial().getToken();
      case ENDED, WHAT_NOT_SET -> throw new IllegalArgumentException("not a note: " + note);
    };
  }

  /** Reads what is there, and then what comes, until {@link #leave}. */
  public synchronized void read(List<Long> ids, NoteReader reader) {
    for (long id : ids) {
      TaskNotes notes = tasks.get(id);
      if (notes != null) {
        notes.forEach(reader::add);
      }
      readers.computeIfAbsent(id, unused -> new ArrayList<>(1)).add(reader);
    }
  }

  /** Reads no longer. Safe to call twice. */
  public synchronized void leave(List<Long> ids, NoteReader reader) {
    for (long id : ids) {
      List<NoteReader> others = readers.get(id);
      if (others != null) {
        others.remove(reader);
        if (others.isEmpty()) {
          readers.remove(id);
        }
      }
    }
  }

  /** A task is terminal: it says no more. The apply thread. */
  public void finished(long id) {
    if (!any) {
      return;
    }
    synchronized (this) {
      TaskNotes gone = tasks.remove(id);
      if (gone != null) {
        bytes -= gone.bytes();
      }
      any = !tasks.isEmpty();
    }
  }

  /** Bytes held, estimated; for tests. */
  synchronized long bytes() {
    return bytes;
  }

  /** What of one task is kept, if anything is; for tests. */
  synchronized @Nullable TaskNotes notes(long id) {
    return tasks.get(id);
  }
}
