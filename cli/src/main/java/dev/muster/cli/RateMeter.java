package dev.muster.cli;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast a count grows, over the last ten seconds. For one thread; time is given. */
final class RateMeter {
  private static final long WINDOW_MS = 10_000;

  /** Samples closer together add nothing. */
  private static final long SPACING_MS = 250;

  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(long atMs, long count) {}

  /**
   * Notes where the count is.
   *
   * @return how many a second; below 0: not known yet
   */
  double at(long nowMs, long count) {
    Sample last = samples.peekLast();
    if (last == null || nowMs - last.atMs >= SPACING_MS) {
      samples.addLast(new Sample(nowMs, count));
    }
    while (samples.size() > 2 && nowMs - samples.getFirst().atMs > WINDOW_MS) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    long ms = nowMs - first.atMs;
    return ms < SPACING_MS ? -1 : (count - first.count) * 1_000.0 / ms;
  }
}
