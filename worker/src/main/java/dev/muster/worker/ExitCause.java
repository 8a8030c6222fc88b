package dev.muster.worker;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Why a process of handlers ended, for a person. */
final class ExitCause {
  /** What a process writes to standard error before it ends for want of memory. */
  static final String OUT_OF_MEMORY = "java.lang.OutOfMemoryError";

  /** Java's own, with {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int OUT_OF_MEMORY_CODE = 3;

  private static final int SIGNALS = 128;
  private static final long MIB = 1L << 20;
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(1, "SIGHUP"),
          Map.entry(2, "SIGINT"),
          Map.entry(3, "SIGQUIT"),
          Map.entry(4, "SIGILL"),
          Map.entry(5, "SIGTRAP"),
          Map.entry(6, "SIGABRT"),
          Map.entry(7, "SIGBUS"),
          Map.entry(8, "SIGFPE"),
          Map.entry(9, "SIGKILL"),
          Map.entry(11, "SIGSEGV"),
          Map.entry(13, "SIGPIPE"),
          Map.entry(15, "SIGTERM"));

  private ExitCause() {}

  /**
   * @param outOfMemory the line of standard error that says so; null: there was none
   */
  static String of(int exitCode, @Nullable String outOfMemory, long heapBytes) {
    if (exitCode == OUT_OF_MEMORY_CODE && outOfMemory != null) {
      int detail = outOfMemory.indexOf(OUT_OF_MEMORY) + OUT_OF_MEMORY.length();
      String which = outOfMemory.substring(detail).replaceFirst("^: *", "").strip();
      return "out of memory"
          + (which.isEmpty() ? "" : " (" + which + ")")
          + ": heap limit "
          + heapBytes / MIB
          + " MiB";
    }
    if (exitCode > SIGNALS && exitCode <= SIGNALS + 64) {
      int signal = exitCode - SIGNALS;
      String name = NAMES.get(signal);
      return "exit code "
          + exitCode
          + " (killed by signal "
          + signal
          + (name == null ? "" : ", " + name)
          + ")";
    }
    return "exit code " + exitCode;
  }
}
