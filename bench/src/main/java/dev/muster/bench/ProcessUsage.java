package dev.muster.bench;

import dev.muster.common.MusterException;
import dev.muster.master.replication.LogSyncs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a process has used since its start.
 *
 * @param cpuMs CPU time, ms; with that of processes that it started, once they have ended
 * @param rssMb memory that it has of the machine, MB; 0: the system does not say
 * @param peakRssMb the most that it ever had, MB; 0: the system does not say
 * @param heapMb objects in its heap, MB: what lives, if it was asked to collect its garbage first
 * @param heapMaxMb what its heap may grow to, MB
 * @param fsyncs how often it has synced its log
 */
record ProcessUsage(
    long cpuMs, long rssMb, long peakRssMb, long heapMb, long heapMaxMb, long fsyncs) {
  private static final Path STAT = Path.of("/proc/self/stat");

  /** Of the times in that file, on all machines that Java runs on. */
  private static final long TICKS_A_SECOND = 100;

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String NOW = "VmRSS:";
  private static final String PEAK = "VmHWM:";

  static ProcessUsage ofThisProcess() {
    long own = ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    long cpuMs = own + endedChildrenMs();
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return new ProcessUsage(
        cpuMs,
        statusKb(NOW) >> 10,
        statusKb(PEAK) >> 10,
        heap.getUsed() >> 20,
        heap.getMax() >> 20,
        LogSyncs.count());
  }

  private static long endedChildrenMs() {
    try {
      return endedChildrenMs(Files.readString(STAT));
    } catch (IOException e) {
      return 0; // Only Linux says it there.
    }
  }

  /** Of the line in a process's file {@code stat}: user and system time of its children. */
  static long endedChildrenMs(String stat) {
    // The program's name stands in parentheses, and may have spaces itself.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 1000 / TICKS_A_SECOND;
  }

  private static long statusKb(String field) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(field)) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return 0;
    } catch (IOException e) {
      return 0; // Only Linux says it there.
    }
  }

  /** Since an earlier look at the same process; memory as it is now. */
  ProcessUsage since(ProcessUsage earlier) {
    return new ProcessUsage(
        cpuMs - earlier.cpuMs, rssMb, peakRssMb, heapMb, heapMaxMb, fsyncs - earlier.fsyncs);
  }

  String toLine() {
    return cpuMs + " " + rssMb + " " + peakRssMb + " " + heapMb + " " + heapMaxMb + " " + fsyncs;
  }

  static ProcessUsage parse(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 6) {
      throw new MusterException("expected the usage of the bench's master, found: " + line);
    }
    return new ProcessUsage(
        Long.parseLong(fields[0]),
        Long.parseLong(fields[1]),
        Long.parseLong(fields[2]),
        Long.parseLong(fields[3]),
        Long.parseLong(fields[4]),
        Long.parseLong(fields[5]));
  }
}
