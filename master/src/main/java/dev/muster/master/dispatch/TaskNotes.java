package dev.muster.master.dispatch;

import dev.muster.proto.v1.WatchReply;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one attempt has said of itself. Guarded by its owner. */
final class TaskNotes {
  static final int LOG_LINES_MAX = 1_000;
  static final int PARTIALS_MAX = 256;

  /** What a note costs in memory beside its own bytes, estimated. */
  private static final int OVERHEAD_BYTES = 150;

  final long token;
  private @Nullable WatchReply progress;
  private final ArrayDeque<WatchReply> logLines = new ArrayDeque<>();
  private final ArrayDeque<WatchReply> partials = new ArrayDeque<>();
  private long bytes;

  TaskNotes(long token) {
    this.token = token;
  }

  /** Keeps a note; by how many bytes all of them grew. */
  long add(WatchReply note) {
    long before = bytes;
    bytes += bytes(note);
    switch (note.getWhatCase()) {
      case PROGRESS -> {
        bytes -= progress == null ? 0 : bytes(progress);
        progress = note;
      }
      case LOG -> {
        logLines.add(note);
        if (logLines.size() > LOG_LINES_MAX) {
          bytes -= bytes(logLines.remove());
        }
      }
      case PARTIAL -> {
        partials.add(note);
        if (partials.size() > PARTIALS_MAX) {
          bytes -= bytes(partials.remove());
        }
      }
      case ENDED, WHAT_NOT_SET -> throw new IllegalArgumentException("not a note: " + note);
    }
    return bytes - before;
  }

  /** Forgets the oldest until so many bytes are free, or nothing but the progress is left. */
  long shrink(long wanted) {
    long before = bytes;
    while (before - bytes < wanted && !(partials.isEmpty() && logLines.isEmpty())) {
      bytes -= bytes(partials.isEmpty() ? logLines.remove() : partials.remove());
    }
    return before - bytes;
  }

  void forEach(Consumer<WatchReply> visit) {
    logLines.forEach(visit);
    partials.forEach(visit);
    if (progress != null) {
      visit.accept(progress);
    }
  }

  long bytes() {
    return bytes;
  }

  private static long bytes(WatchReply note) {
    return OVERHEAD_BYTES + (long) note.getSerializedSize();
  }
}
