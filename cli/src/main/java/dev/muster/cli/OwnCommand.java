package dev.muster.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How to start this very program once more: the same Java, the same options for it, the same jar.
 */
final class OwnCommand {
  private static final Set<String> BEFORE_MAIN =
      Set.of("-jar", "-cp", "-classpath", "--class-path");

  private OwnCommand() {}

  /**
   * @param arguments of the muster command
   */
  static List<String> line(String... arguments) {
    List<String> line = new ArrayList<>();
    ProcessHandle.Info self = ProcessHandle.current().info();
    line.add(
        self.command().orElse(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    for (String option : self.arguments().orElse(new String[0])) {
      if (BEFORE_MAIN.contains(option) || !option.startsWith("-")) {
        break;
      }
      if (isInherited(option)) {
        line.add(option);
      }
    }
    String classPath = System.getProperty("java.class.path");
    if (classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)) {
      line.addAll(List.of("-jar", classPath));
    } else {
      line.addAll(List.of("-cp", classPath, Main.class.getName()));
    }
    line.addAll(List.of(arguments));
    return line;
  }

  /** Options of the JVM, without those that only one process at a time can have. */
  private static boolean isInherited(String option) {
    boolean ofOneProcess =
        option.startsWith("-XX:ArchiveClassesAtExit") || option.startsWith("-agentlib");
    return !ofOneProcess
        && (option.startsWith("-X")
            || option.startsWith("--enable-native")
            || option.startsWith("--sun-misc"));
  }
}
