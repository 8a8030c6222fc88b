package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.ChildOptions;
import dev.muster.worker.Isolation;
import dev.muster.worker.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a worker's handlers run, and what their processes are like. */
final class IsolationFlags {
  @Option(
      names = "--isolation",
      paramLabel = "HOW",
      description =
          "Where handlers run: thread; virtual: on virtual threads, where Java has them (21 or newer);"
              + " process: each slot has a Java process of its own. Default: thread.")
  private Isolation isolation = Isolation.THREAD;

  @Option(
      names = "--child-heap",
      paramLabel = "SIZE",
      converter = HeapConverter.class,
      description = "With process: the most heap of each, at least 16m; default: 256m.")
  private @Nullable Long heap;

  @Option(
      names = "--child-java-opts",
      paramLabel = "OPTIONS",
      description = "With process: further options of Java, in quotes.")
  private String javaOptions = "";

  @Option(
      names = "--child-env",
      paramLabel = "NAME",
      description =
          "With process: a variable of the environment that they get besides PATH, HOME, LANG, TZ and TMPDIR;"
              + " give it several times for several.")
  private final List<String> environment = new ArrayList<>();

  @Option(
      names = "--max-tasks-per-child",
      paramLabel = "N",
      description = "With process: a fresh one after so many tasks; default: 0, never.")
  private int maxTasks;

  @Option(
      names = "--recycle-heap",
      paramLabel = "SIZE",
      converter = HeapConverter.class,
      description = "With process: a fresh one when a task leaves so much heap in use.")
  private @Nullable Long recycleHeap;

  /**
   * @throws InvalidInputException when what was given does not go together
   */
  void check() {
    boolean ofProcesses =
        heap != null
            || recycleHeap != null
            || maxTasks != 0
            || !javaOptions.isEmpty()
            || !environment.isEmpty();
    if (ofProcesses && isolation != Isolation.PROCESS) {
      throw new InvalidInputException(
          "--child-heap, --child-java-opts, --child-env, --max-tasks-per-child and --recycle-heap need"
              + " --isolation process, found --isolation "
              + isolation.name().toLowerCase(Locale.ROOT));
    }
    var unused = options(); // checks the values
  }

  /** Sets what was given. */
  void applyTo(Worker.Builder builder) {
    builder.isolation(isolation).children(options());
  }

  private ChildOptions options() {
    ChildOptions options = ChildOptions.standard().maxTasks(maxTasks);
    if (heap != null) {
      options = options.heap(heap);
    }
    if (recycleHeap != null) {
      options = options.recycleHeap(recycleHeap);
    }
    if (!javaOptions.isBlank()) {
      options = options.javaOptions(List.of(javaOptions.strip().split("\\s+")));
    }
    for (String name : environment) {
      options = options.environment(name);
    }
    return options;
  }
}
