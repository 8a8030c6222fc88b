package dev.muster.worker;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The most memory that this process had while an attempt ran, as Linux counts it; see proc(5),
 * VmHWM and clear_refs. To begin anew costs a tenth of a millisecond, so a beginning that is
 * younger than 10 ms serves the next attempt, too. For one thread.
 */
final class PeakMemory {
  private static final String PEAK = "VmHWM:";
  private static final byte[] RESET = "5".getBytes(StandardCharsets.US_ASCII);
  private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Path status;
  private final File reset;
  private boolean begun;
  private boolean known;
  private long begunNanos;

  /** Of this process. */
  static PeakMemory ofThisProcess() {
    return new PeakMemory(Path.of("/proc/self/status"), Path.of("/proc/self/clear_refs"));
  }

  PeakMemory(Path status, Path reset) {
    this.status = status;
    this.reset = reset.toFile();
  }

  /** An attempt begins. */
  void begin(long nowNanos) {
    if (begun && nowNanos - begunNanos < FRESH_NS) {
      return;
    }
    boolean first = !begun;
    begun = true;
    begunNanos = nowNanos;
    known = beginsAnew() || first; // what nobody resets is the first attempt's
  }

  /** By a plain stream: a channel would open a socket for itself in each process of handlers. */
  private boolean beginsAnew() {
    if (!reset.exists()) {
      return false;
    }
    try (FileOutputStream to = new FileOutputStream(reset)) {
      to.write(RESET);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Resident bytes of the whole process at their peak since the attempt began; 0: not known. */
  long bytes() {
    if (!known) {
      return 0;
    }
    try {
      return of(Files.readAllLines(status));
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static long of(List<String> status) {
    for (String line : status) {
      if (line.startsWith(PEAK)) {
        String[] words = line.substring(PEAK.length()).strip().split(" ", -1);
        return Long.parseLong(words[0]) * 1_024; // always in kB
      }
    }
    return 0;
  }
}
