package dev.muster.worker.exec;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * CPU time of a program and what it started, looked at while they run: nobody tells it afterwards.
 * So what a process used after the last look is missing, and one that lived between two looks, too.
 * Looks are soon at first and once a second later, and never take more than a hundredth of the
 * time. For one thread.
 */
final class CpuWatch {
  private static final long FIRST_NS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LATER_NS = TimeUnit.SECONDS.toNanos(1);
  private static final long SHARE = 100;

  private final ProcessHandle root;
  private final Map<ProcessHandle, Duration> seen = new HashMap<>();
  private long waitNanos = FIRST_NS;

  CpuWatch(ProcessHandle root) {
    this.root = root;
  }

  /** How long until the next look, ns. */
  long waitNanos() {
    return waitNanos;
  }

  void look() {
    long startNanos = System.nanoTime();
    Stream.concat(Stream.of(root), root.descendants())
        .forEach(
            each -> each.info().totalCpuDuration().ifPresent(cpuTime -> seen.put(each, cpuTime)));
    long tookNanos = System.nanoTime() - startNanos;
    waitNanos = Math.max(Math.min(LATER_NS, waitNanos * 3 / 2), SHARE * tookNanos);
  }

  /** Of all that was seen. */
  Duration used() {
    return seen.values().stream().reduce(Duration.ZERO, Duration::plus);
  }
}
