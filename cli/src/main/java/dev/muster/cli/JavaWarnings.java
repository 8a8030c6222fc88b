package dev.muster.cli;

import java.lang.reflect.Field;

/** Warnings of Java that say nothing to who runs Muster. */
final class JavaWarnings {
  /** The first Java that warns of what reads and writes memory by sun.misc.Unsafe. */
  private static final int UNSAFE_SINCE = 24;

  private JavaWarnings() {}

  /**
   * Of sun.misc.Unsafe, which the Protocol Buffers inside Ratis use: four lines before the line
   * that a master is ready. No manifest can hold the option for it, so what {@code java -jar} runs
   * is marked as warned already; that package is open to all by its own declaration. Who asked for
   * another treatment by {@code --sun-misc-unsafe-memory-access} gets it. Where the mark is not
   * found, the warning is printed, and nothing else is different.
   */
  static void silence() {
    if (Runtime.version().feature() < UNSAFE_SINCE) {
      return;
    }
    try {
      Field warned = Class.forName("sun.misc.Unsafe").getDeclaredField("memoryAccessWarned");
      warned.setAccessible(true);
      warned.setBoolean(null, true);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // another Java than those that are known
    }
  }
}
