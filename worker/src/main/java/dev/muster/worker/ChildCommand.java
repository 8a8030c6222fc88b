package dev.muster.worker;

import dev.muster.common.QuietJava;
import dev.muster.worker.exec.ProcessTree;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a process of handlers is started: the same Java and class path as this one, and of its
 * environment only what is named, so that no key comes along.
 */
final class ChildCommand {
  private static final Set<String> ALWAYS = Set.of("PATH", "HOME", "LANG", "TZ", "TMPDIR");

  private final ChildOptions options;

  ChildCommand(ChildOptions options) {
    this.options = options;
  }

  /**
   * @param mark of this process and what it starts
   */
  ProcessBuilder builder(String mark) {
    ProcessBuilder builder = new ProcessBuilder(arguments());
    Map<String, String> environment = builder.environment();
    Set<String> names = new TreeSet<>(ALWAYS);
    names.addAll(options.environment());
    environment.keySet().retainAll(names);
    environment.put(ProcessTree.HANDLERS, mark);
    return builder;
  }

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add(
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    arguments.add("-Xmx" + options.heapBytes());
    if (options.javaOptions().stream().noneMatch(o -> o.matches("-XX:\\+Use\\w+GC"))) {
      arguments.add("-XX:+UseSerialGC"); // many small processes: threads for each would crowd
    }
    arguments.add("-XX:+ExitOnOutOfMemoryError");
    arguments.add("-XX:+DisplayVMOutputToStderr"); // its standard output carries frames
    arguments.addAll(QuietJava.forWorker());
    arguments.addAll(options.javaOptions());
    arguments.add("-cp");
    arguments.add(System.getProperty("java.class.path"));
    arguments.add(ChildMain.class.getName());
    return arguments;
  }
}
