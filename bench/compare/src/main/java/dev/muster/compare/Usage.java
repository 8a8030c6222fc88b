package dev.muster.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What processes have used since their start, as Linux says it. Nothing where nothing is said.
 *
 * @param cpuMs CPU time, ms
 * @param peakMb memory: the most that each of them has had, together, MB
 */
record Usage(long cpuMs, long peakMb) {
  /** Clock ticks a second in /proc, on all machines that Java runs on. */
  private static final long TICKS_A_SECOND = 100;

  /** Of user, system, and both of the children that have ended, after the name of the program. */
  private static final List<Integer> CPU_FIELDS = List.of(11, 12, 13, 14);

  private static final Path PROC = Path.of("/proc");
  private static final String PEAK = "VmHWM:";

  /** Of the processes and those that they have started, also of such as have ended since. */
  static Usage of(Stream<ProcessHandle> processes) {
    return processes
        .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
        .distinct()
        .map(process -> of(PROC.resolve(Long.toString(process.pid()))))
        .reduce(new Usage(0, 0), Usage::plus);
  }

  /** Of this process, without what it has started. */
  static long ownCpuMs() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
  }

  private static Usage of(Path process) {
    try {
      long ticks = cpuTicks(Files.readString(process.resolve("stat")));
      long peakKb =
          Files.readAllLines(process.resolve("status")).stream()
              .filter(line -> line.startsWith(PEAK))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum();
      return new Usage(ticks * 1000 / TICKS_A_SECOND, peakKb >> 10);
    } catch (IOException e) {
      return new Usage(0, 0); // it has ended, or this is no Linux
    }
  }

  /** Of the line in a process's file {@code stat}. */
  static long cpuTicks(String stat) {
    // The program's name stands in parentheses, and may have spaces and parentheses itself.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return CPU_FIELDS.stream().mapToLong(field -> Long.parseLong(fields[field])).sum();
  }

  private Usage plus(Usage other) {
    return new Usage(cpuMs + other.cpuMs, peakMb + other.peakMb);
  }
}
