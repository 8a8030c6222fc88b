package dev.muster.worker;

import java.util.List;

/**
 * Says that native libraries are meant, as the manifest of muster.jar says it of what {@code java
 * -jar} runs: from Java 24 on each one that is loaded is a warning otherwise, which would stand
 * among the lines of tasks and workers.
 */
final class NativeAccess {
  private static final int SINCE = 24;

  private NativeAccess() {}

  /** For a process that runs from a class path. */
  static List<String> javaOptions() {
    return javaOptions(Runtime.version().feature());
  }

  static List<String> javaOptions(int feature) {
    return feature < SINCE ? List.of() : List.of("--enable-native-access=ALL-UNNAMED");
  }
}
