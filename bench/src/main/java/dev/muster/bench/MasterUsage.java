package dev.muster.bench;

import dev.muster.common.MusterException;
import dev.muster.master.replication.LogSyncs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a master's process has used since its start.
 *
 * @param cpuMs CPU time, ms
 * @param peakRssMb the most memory it had of the machine, MB; 0: the system does not say
 * @param heapMb objects in its heap, MB: what lives, if it was asked to collect its garbage first
 * @param fsyncs how often it has synced its log
 */
record MasterUsage(long cpuMs, long peakRssMb, long heapMb, long fsyncs) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  static MasterUsage ofThisProcess() {
    long cpuMs =
        ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new MasterUsage(cpuMs, peakKb() >> 10, heap >> 20, LogSyncs.count());
  }

  private static long peakKb() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(PEAK)) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return 0;
    } catch (IOException e) {
      return 0; // Only Linux says it there.
    }
  }

  /** Since an earlier look at the same process; peaks and heap as they are now. */
  MasterUsage since(MasterUsage earlier) {
    return new MasterUsage(cpuMs - earlier.cpuMs, peakRssMb, heapMb, fsyncs - earlier.fsyncs);
  }

  String toLine() {
    return cpuMs + " " + peakRssMb + " " + heapMb + " " + fsyncs;
  }

  static MasterUsage parse(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 4) {
      throw new MusterException("expected the usage of the bench's master, found: " + line);
    }
    return new MasterUsage(
        Long.parseLong(fields[0]),
        Long.parseLong(fields[1]),
        Long.parseLong(fields[2]),
        Long.parseLong(fields[3]));
  }
}
