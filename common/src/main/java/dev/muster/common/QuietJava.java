package dev.muster.common;

import java.util.ArrayList;
import java.util.List;

/**
 * Options that keep Java 24 and newer from warning of what is meant, for a process of Muster that
 * runs from a class path: the warnings would stand among the lines of tasks, workers and figures.
 * What {@code java -jar muster.jar} runs needs none of them: its manifest and its main class say
 * the same. Empty on an older Java, which does not know all of them.
 */
public final class QuietJava {
  private static final int SINCE = 24;
  private static final String NATIVE_LIBRARIES = "--enable-native-access=ALL-UNNAMED";

  /** The Protocol Buffers inside Ratis read and write memory by sun.misc.Unsafe. */
  private static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow";

  private QuietJava() {}

  /** For a process that is a worker, or runs handlers for one. */
  public static List<String> forWorker() {
    return forWorker(Runtime.version().feature());
  }

  /** For a process that is a master. */
  public static List<String> forMaster() {
    return forMaster(Runtime.version().feature());
  }

  static List<String> forWorker(int feature) {
    return feature < SINCE ? List.of() : List.of(NATIVE_LIBRARIES);
  }

  static List<String> forMaster(int feature) {
    List<String> options = new ArrayList<>(forWorker(feature));
    if (feature >= SINCE) {
      options.add(UNSAFE);
    }
    return options;
  }
}
