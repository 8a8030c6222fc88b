package dev.muster.worker;

import dev.muster.proto.v1.Usage;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Measures what attempts use of their slot's thread, at next to no cost for short ones: an attempt
 * under 10 ms is not measured, and a reading that is younger than 1 ms serves the next attempt,
 * too. So up to 1 ms of what ran before is counted with an attempt. For the slot's thread only.
 */
final class UsageMeter {
  private static final long WORTH_NS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Counters counters;
  private boolean hasRead;
  private long readNanos;
  private long cpuNs;
  private long allocatedBytes;

  /** Counters of the thread that asks; below 0: this JVM does not count it. */
  interface Counters {
    long cpuNs();

    long allocatedBytes();
  }

  UsageMeter(Counters counters) {
    this.counters = counters;
  }

  /** Of the thread that runs. */
  static UsageMeter ofThisThread() {
    return new UsageMeter(OfThread.COUNTERS);
  }

  /** An attempt begins. */
  void begin(long nowNanos) {
    if (!hasRead || nowNanos - readNanos >= FRESH_NS) {
      hasRead = true;
      readNanos = nowNanos;
      cpuNs = counters.cpuNs();
      allocatedBytes = counters.allocatedBytes();
    }
  }

  /**
   * The attempt ended after so long; null: too short to be measured, or nothing is counted.
   *
   * @param moreCpuNs CPU time that something else used for it
   */
  @Nullable Usage end(long ranNanos, long moreCpuNs) {
    if (ranNanos < WORTH_NS) {
      return null;
    }
    long cpuUs = TimeUnit.NANOSECONDS.toMicros(used(cpuNs, counters.cpuNs()) + moreCpuNs);
    long bytes = used(allocatedBytes, counters.allocatedBytes());
    return cpuUs == 0 && bytes == 0
        ? null
        : Usage.newBuilder().setCpuUs(cpuUs).setAllocatedBytes(bytes).build();
  }

  private static long used(long before, long after) {
    return before < 0 || after < 0 ? 0 : Math.max(0, after - before);
  }

  /** What the JVM counts, by its own extension where there is one. */
  private static final class OfThread implements Counters {
    static final Counters COUNTERS = new OfThread();

    private final java.lang.management.ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final boolean countsCpu =
        threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled();
    private final com.sun.management.@Nullable ThreadMXBean allocations =
        threads instanceof com.sun.management.ThreadMXBean more
                && more.isThreadAllocatedMemorySupported()
                && more.isThreadAllocatedMemoryEnabled()
            ? more
            : null;

    @Override
    public long cpuNs() {
      return countsCpu ? threads.getCurrentThreadCpuTime() : -1;
    }

    @Override
    public long allocatedBytes() {
      return allocations == null ? -1 : allocations.getCurrentThreadAllocatedBytes();
    }
  }
}
