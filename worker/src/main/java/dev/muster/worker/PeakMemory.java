package dev.muster.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The most memory that this process had, as Linux counts it; see proc(5), VmHWM. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private PeakMemory() {}

  /** Resident bytes at their peak since the process began; 0: this system does not tell. */
  static long bytes() {
    try {
      return of(Files.readAllLines(STATUS));
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  static long of(List<String> status) {
    for (String line : status) {
      if (line.startsWith(PEAK)) {
        String[] words = line.substring(PEAK.length()).strip().split(" ", -1);
        return Long.parseLong(words[0]) * 1_024; // always in kB
      }
    }
    return 0;
  }
}
