package dev.muster.client;

import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.TaskResult;

/**
 * Hears what running tasks tell; see {@link Muster#watch}. Called by one thread of the watching's
 * own: a slow listener holds up nothing but itself, and then misses what the master cannot keep.
 */
public interface WatchListener {
  /** How far a task is. Between two calls there may have been others. */
  default void progress(Progress progress) {}

  /** A line that a handler wrote. */
  default void log(LogLine line) {}

  /** A part of a result; each once, in order, within one attempt (the token). */
  default void partial(PartialResult part) {}

  /** A task ended, or is not known; the last that is heard of it. */
  default void ended(TaskResult end) {}
}
