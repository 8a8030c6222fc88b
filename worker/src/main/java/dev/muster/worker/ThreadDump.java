package dev.muster.worker;

import java.util.Comparator;
import java.util.Map;

/** What the threads of this process do now, for a person. */
final class ThreadDump {
  private static final int BYTES_MAX = 64 << 10;

  private ThreadDump() {}

  /**
   * All threads; at most 64 KiB.
   *
   * @param first the one to begin with
   */
  static String of(Thread first) {
    StringBuilder text = new StringBuilder();
    Thread.getAllStackTraces().entrySet().stream()
        .sorted(
            Comparator.comparing((Map.Entry<Thread, StackTraceElement[]> e) -> e.getKey() != first)
                .thenComparing(e -> e.getKey().getName()))
        .forEach(entry -> add(text, entry.getKey(), entry.getValue()));
    return Failures.cut(text.toString(), BYTES_MAX);
  }

  private static void add(StringBuilder text, Thread thread, StackTraceElement... stack) {
    text.append('"').append(thread.getName()).append("\" ").append(thread.getState()).append('\n');
    for (StackTraceElement frame : stack) {
      text.append("    at ").append(frame).append('\n');
    }
    text.append('\n');
  }
}
